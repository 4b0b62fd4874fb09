// Writes the golden states of the recordings:
//
//	npm ci && node golden.mjs [NAME...]
//
// For each recordings/NAME.raw it reads NAME.json (size and resizes), chooses
// the cut offsets when NAME.json has none, and writes expected/NAME.json.gz:
// {name, final, cuts: [{offset, kind, state}]}.
import fs from 'node:fs';
import zlib from 'node:zlib';
import { Screen } from './screen.mjs';
import { recordings, load, dir } from './recordings.mjs';

// Where an attach hurts most: inside an escape, a CSI, a string, a character.
const middles = {
  'mid-esc': /\x1b(?=[[\]()P78=>])/g,
  'mid-csi': /\x1b\[[?>]?\d/g,
  'mid-string': /\x1b[\]P][^\x07\x1b]{2}/g,
  'mid-utf8': /[\xc3-\xf4](?=[\x80-\xbf])/g,
};

function chooseCuts(raw) {
  const cuts = [25, 50, 75].map(p => ({ offset: Math.floor(raw.length * p / 100), kind: p + '%' }));
  const text = raw.toString('latin1');
  for (const [kind, re] of Object.entries(middles)) {
    const ends = [...text.matchAll(re)].map(m => m.index + m[0].length);
    if (ends.length) cuts.push({ offset: ends[Math.floor(ends.length * 0.6)], kind });
  }
  return cuts;
}

async function stateAt(meta, raw, to) {
  const screen = new Screen(meta.rows, meta.cols);
  await screen.play(raw, meta.events, 0, to);
  const state = screen.state();
  state.replies = screen.replies;
  screen.dispose();
  return state;
}

fs.mkdirSync(new URL('expected/', dir), { recursive: true });
for (const name of recordings(process.argv.slice(2))) {
  const { meta, raw } = load(name);
  if (!meta.cuts) {
    meta.cuts = chooseCuts(raw);
    fs.writeFileSync(new URL(name + '.json', dir), JSON.stringify(meta, null, 1) + '\n');
  }
  const golden = { name, final: await stateAt(meta, raw, raw.length), cuts: [] };
  for (const { offset, kind } of meta.cuts) {
    const state = await stateAt(meta, raw, offset);
    delete state.replies;
    golden.cuts.push({ offset, kind, state });
  }
  fs.writeFileSync(new URL(`expected/${name}.json.gz`, dir), zlib.gzipSync(JSON.stringify(golden), { level: 9 }));
}
