// Checks attaching against a second terminal that shares no code with ours or with
// xterm.js, libghostty:
//
//	npm ci && node ghostty.mjs --vtstate BIN [--points 25] [--verbose] [NAME...]
//
// As attach.mjs does: a snapshot's replay in a fresh terminal must show what one shows
// that was there from the start, now and after the rest of the recording; and each way
// out must leave the modes plain. The exit status is 1 when a point differs.
import fs from 'node:fs';
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Ghostty } from 'ghostty-web';
import { recordings, load } from './recordings.mjs';

const { values: opt, positionals } = parseArgs({
  allowPositionals: true,
  options: { vtstate: { type: 'string' }, points: { type: 'string', default: '25' }, verbose: { type: 'boolean', short: 'v' } },
});
const wasm = await WebAssembly.compile(fs.readFileSync(fileURLToPath(import.meta.resolve('ghostty-web/ghostty-vt.wasm'))));

const modes = [1, 5, 6, 7, 9, 25, 45, 66, 69, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 2004, 2026, 2027, 2031, 2048];

function state(t) {
  t.update();
  const c = t.getCursor();
  const s = { cursor: [c.x, c.y, c.visible], alternate: t.isAlternateScreen(), modes: modes.filter(m => t.getMode(m)), rows: [] };
  for (let y = 0; y < t.rows; y++) s.rows.push(t.getLine(y).map(look).join(' ').replace(/( \.)+$/, ''));
  return s;
}

// look is a cell in words; a blank's text colour cannot be seen.
function look(c) {
  const text = c.codepoint ? String.fromCodePoint(c.codepoint) : ' ';
  const bg = [c.bg_r, c.bg_g, c.bg_b].join();
  if (text === ' ' && bg === '0,0,0' && !(c.flags & ~3)) return '.';
  return [text, text === ' ' ? '' : [c.fg_r, c.fg_g, c.fg_b].join(), bg, c.flags, c.width, c.grapheme_len].join('/');
}

function differences(want, got, when) {
  const bad = [];
  const check = (what, a, b) => { if (JSON.stringify(a) !== JSON.stringify(b)) bad.push(`${when} ${what}: want ${JSON.stringify(a)} got ${JSON.stringify(b)}`); };
  for (const k of ['cursor', 'alternate', 'modes']) check(k, want[k], got[k]);
  want.rows.forEach((r, y) => check('row ' + y, r, got.rows[y]));
  return bad;
}

function bytes(what, meta, raw, cut) {
  const args = [...what, '--rows', meta.rows, '--cols', meta.cols, '--scrollback', 10000];
  return execFileSync(opt.vtstate, args.map(String), { input: raw.subarray(0, cut), maxBuffer: 1 << 28 });
}

// terminal has an engine of its own: one that freed a terminal crashes in a later one.
async function terminal(meta, ...writes) {
  const engine = new Ghostty(await WebAssembly.instantiate(wasm, { env: { log: () => {} } }));
  const t = engine.createTerminal(meta.cols, meta.rows);
  for (const w of writes) t.write(w);
  return state(t);
}

// Where terminals differ: at a resize, and in DECCOLM and national charsets, which vttest
// is about; and in EL at a wrap that waits, which top uses.
const unlike = /^(vttest-.*|top)$/;

// libghostty clusters by default; the programs did not ask for that.
const codePoints = Buffer.from('\x1b[?2027l');

const plain = (await terminal({ rows: 24, cols: 80 })).modes;
let points = 0, exact = 0;
for (const name of recordings(positionals)) {
  const { meta, raw } = load(name);
  if (meta.events.length || unlike.test(name)) continue;
  const end = await terminal(meta, codePoints, raw);
  const cuts = new Set(meta.cuts.map(c => c.offset));
  for (let i = 1; i <= opt.points; i++) cuts.add(Math.floor(raw.length * i / (Number(opt.points) + 1)));
  let good = 0;
  for (const cut of cuts) {
    const replay = bytes(['--replay'], meta, raw, cut);
    const bad = differences(await terminal(meta, codePoints, raw.subarray(0, cut)), await terminal(meta, replay), 'now');
    bad.push(...differences(end, await terminal(meta, replay, raw.subarray(cut)), 'later'));
    for (const way of ['--leave', '--lost']) {
      const left = (await terminal(meta, replay, bytes([way], meta, raw, cut))).modes;
      // Origin mode on the primary screen ends in place by DECSTR alone, which it has not.
      const same = left.filter(m => way !== '--lost' || m !== 6).join() === plain.join();
      if (!same) bad.push(`${way}: modes ${left}, want ${plain}`);
    }
    if (!bad.length) good++;
    else if (opt.verbose) console.log(`${name}@${cut}\n    ${bad.slice(0, 6).map(b => b.slice(0, 300)).join('\n    ')}`);
  }
  console.log(`${name.padEnd(20)} ${good} of ${cuts.size}`);
  points += cuts.size;
  exact += good;
}
console.log(`attach points exact, now and later: ${exact} of ${points}`);
process.exit(exact === points ? 0 : 1);
