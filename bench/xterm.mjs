// Writes FILE to xterm.js again and again and prints MB per CPU second.
//   node xterm.mjs MODULES FILE MB
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [modules, file, want] = process.argv.slice(2);
const { Terminal } = createRequire(modules)('@xterm/headless');
const data = readFileSync(file);
const term = new Terminal({ rows: 24, cols: 80, scrollback: 10000, allowProposedApi: true });

async function write(bytes) {
  let total = 0;
  while (total < bytes) {
    for (let i = 0; i < data.length && total < bytes; i += 131072) {
      const chunk = data.subarray(i, i + 131072);
      total += chunk.length;
      await new Promise((done) => term.write(chunk, done));
    }
  }
  return total;
}

await write(4e6); // compiled and full of history, as ours is
const before = process.cpuUsage();
const total = await write(want * 1e6);
const { user, system } = process.cpuUsage(before);
console.log(total / (user + system));
