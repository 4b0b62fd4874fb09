// Checks attaching against xterm.js itself:
//
//	npm ci && node attach.mjs --vtstate BIN [--points 25] [--verbose] [NAME...]
//
// At each of many offsets in each recording: what BIN --replay prints goes to a
// fresh xterm.js, which must then show what one shows that was there from the
// start; then both get the rest of the recording, and must agree again. The way
// out, in order (--leave) and with the server gone (--lost), must leave a terminal
// that is plain; and a frame (--frame) must show the same, and leave what was there
// before. The exit status is 1 when a point differs.
import fs from 'node:fs';
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Screen } from './screen.mjs';
import { recordings, load, dir } from './recordings.mjs';

const { values: opt, positionals } = parseArgs({
  allowPositionals: true,
  options: { vtstate: { type: 'string' }, points: { type: 'string', default: '25' }, verbose: { type: 'boolean', short: 'v' } },
});
if (!opt.vtstate) {
  console.error('attach.mjs: --vtstate BIN is needed (go build -o BIN ./internal/vt/cmd/vtstate)');
  process.exit(2);
}

function offsets(meta, n, size) {
  const all = new Set(meta.cuts.map(c => c.offset));
  for (let i = 1; i <= n; i++) all.add(Math.floor(size * i / (n + 1)));
  return [...all].sort((a, b) => a - b);
}

function bytes(what, meta, raw, cut) {
  const args = [...what, '--rows', meta.rows, '--cols', meta.cols, '--scrollback', 10000];
  for (const e of meta.events) if (e.offset <= cut) args.push('--resize', `${e.offset}:${e.rows}x${e.cols}`);
  return execFileSync(opt.vtstate, args.map(String), { input: raw.subarray(0, cut), maxBuffer: 1 << 28 });
}

// A blank's text colour and weight cannot be seen.
function visible(text, [fg = '', bg = '', attrs = '', line = '', link = '']) {
  if (text !== ' ') return [text, fg, bg, attrs, line, link].join();
  const seen = [...attrs].filter(a => 'rsou2345'.includes(a)).join('');
  return [text, seen ? fg : '', bg, seen, line, link].join();
}

function cells(line, cols) {
  const out = Array(cols).fill(visible(' ', []));
  for (const [x, texts, ...st] of line.r || []) [...texts].forEach((t, i) => { out[x + i] = visible(t, st); });
  return out;
}

// differences lists what differs, without the fields to skip.
function differences(want, got, skip) {
  const bad = [];
  const check = (what, a, b) => {
    if (!skip(what) && JSON.stringify(a) !== JSON.stringify(b)) bad.push(`${what}: want ${JSON.stringify(a)} got ${JSON.stringify(b)}`);
  };
  const place = s => ({ decscusr: 0, ...s.cursor });
  check('cursor', Object.entries(place(want)).sort(), Object.entries(place(got)).sort());
  for (const k of ['buffer', 'title', 'kitty_keyboard', 'scroll_region', 'tabs', 'pen', 'charset', 'parser_ground']) check(k, want[k], got[k]);
  check('saved', want.saved_cursor, got.saved_cursor);
  for (const k of Object.keys(want.modes)) if (want.modes[k] || got.modes[k]) check('mode ' + k, want.modes[k], got.modes[k]);
  check('history', want.scrollback.length, got.scrollback.length);
  want.scrollback.forEach((l, i) => check('history ' + i, l, got.scrollback[i]));
  rows('row', want.screen, got.screen, want, check);
  if (want.normal && got.normal) {
    check('primary cursor', want.normal.cursor, got.normal.cursor);
    rows('primary row', want.normal.screen, got.normal.screen, want, check);
  }
  return bad;
}

// rows compares cell by cell and tells the first that differs. Row 0 of the
// alternate screen may be marked as continuing one that is gone for good.
function rows(name, want, got, { cols, buffer }, check) {
  want.forEach((line, y) => {
    const a = cells(line, cols), b = cells(got[y], cols);
    const x = a.findIndex((c, i) => c !== b[i]);
    if (x >= 0) check(`${name} ${y}`, [x, a[x]], [x, b[x]]);
    if (y > 0 || buffer === 'normal') check(`${name} ${y} wrapped`, !!line.w, !!got[y].w);
  });
}

// What xterm.js is wrong about (NAME.notes.json) differs from ours at any offset.
function noted(name) {
  const url = new URL(name + '.notes.json', dir);
  const fields = fs.existsSync(url) ? JSON.parse(fs.readFileSync(url)).map(n => n.field) : [];
  return what => fields.some(f => f === what || f.endsWith('*') && what.startsWith(f.slice(0, -1)));
}

// plainly returns what is left of a program in a terminal that was left.
function plainly(s) {
  const bad = [];
  const check = (what, a, b) => { if (JSON.stringify(a) !== JSON.stringify(b)) bad.push(`left ${what}: want ${JSON.stringify(a)} got ${JSON.stringify(b)}`); };
  check('buffer', 'normal', s.buffer);
  check('charset', { gl: 0, g: ['B', 'B', 'B', 'B'] }, s.charset);
  check('pen', ['', '', '', ''], s.pen);
  check('margins', [0, s.rows - 1], s.scroll_region);
  check('keyboard', [], s.kitty_keyboard);
  check('cursor shown', true, s.cursor.visible);
  for (const [k, v] of Object.entries(s.modes)) {
    const on = { wraparound: true, dec1007: true, mouse: 'none', mouse_encoding: 'none' }[k] ?? false;
    check('mode ' + k, on, v || (k.startsWith('mouse') ? 'none' : false));
  }
  return bad;
}

// ways checks all ways out of a terminal that shows what want tells, and frames.
async function ways(meta, raw, cut, want, skip) {
  const bad = [];
  for (const way of ['--leave', '--lost']) {
    const left = new Screen(want.rows, want.cols);
    await left.write(bytes(['--replay'], meta, raw, cut));
    await left.write(bytes([way], meta, raw, cut));
    bad.push(...plainly(left.state()).map(d => way + ' ' + d));
    left.dispose();
  }
  const drawn = new Screen(want.rows, want.cols);
  await drawn.write('one\r\n$ xsh attach\r\n');
  const before = drawn.state();
  await drawn.write(bytes(['--frame'], meta, raw, cut));
  const check = (what, a, b) => { if (!what.endsWith('wrapped') && !skip(what) && JSON.stringify(a) !== JSON.stringify(b)) bad.push(`frame ${what}: want ${JSON.stringify(a)} got ${JSON.stringify(b)}`); };
  rows('row', want.screen, drawn.state().screen, want, check);
  await drawn.write(bytes(['--frame', '--leave'], meta, raw, cut));
  rows('row left', before.screen, drawn.state().screen, before, check);
  bad.push(...plainly(drawn.state()).map(d => 'frame ' + d));
  drawn.dispose();
  return bad;
}

let points = 0, exact = 0;
for (const name of recordings(positionals)) {
  const { meta, raw } = load(name);
  if (meta.class === 'reflow') continue; // terminals differ in how they wrap anew
  const whole = new Screen(meta.rows, meta.cols);
  const end = new Screen(meta.rows, meta.cols);
  await end.play(raw, meta.events, 0, raw.length);
  const last = end.state();
  let at = 0, good = 0;
  const skip = noted(name);
  const cuts = offsets(meta, Number(opt.points), raw.length);
  for (const cut of cuts) {
    await whole.play(raw, meta.events, at, cut);
    at = cut;
    const want = whole.state();
    const fresh = new Screen(want.rows, want.cols);
    await fresh.write(bytes(['--replay'], meta, raw, cut));
    const bad = differences(want, fresh.state(), skip).map(d => 'now ' + d);
    await fresh.play(raw, meta.events, cut, raw.length);
    bad.push(...await ways(meta, raw, cut, want, skip));
    bad.push(...differences(last, fresh.state(), skip).map(d => 'later ' + d));
    fresh.dispose();
    if (!bad.length) good++;
    else if (opt.verbose) console.log(`${name}@${cut}\n    ${bad.slice(0, 6).map(b => b.slice(0, 300)).join('\n    ')}`);
  }
  whole.dispose();
  end.dispose();
  console.log(`${name.padEnd(20)} ${good} of ${cuts.length}`);
  points += cuts.length;
  exact += good;
}
console.log(`attach points exact in everything, now and later: ${exact} of ${points}`);
process.exit(exact === points ? 0 : 1);
