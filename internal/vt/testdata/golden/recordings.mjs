// The recordings beside this folder.
import fs from 'node:fs';

export const dir = new URL('../recordings/', import.meta.url);

export function recordings(only) {
  const all = fs.readdirSync(dir).filter(f => f.endsWith('.raw')).map(f => f.slice(0, -4)).sort();
  return only.length ? all.filter(n => only.includes(n)) : all;
}

export function load(name) {
  return {
    meta: JSON.parse(fs.readFileSync(new URL(name + '.json', dir))),
    raw: fs.readFileSync(new URL(name + '.raw', dir)),
  };
}
