// An xterm.js terminal that is fed a recording, and its state in words:
// the vtstate/1 form that ../README.md describes.
import headless from '@xterm/headless';
import unicode11 from '@xterm/addon-unicode11';

// xterm.js acts on these private modes without telling anybody, or ignores
// them; what the program asked for is kept here.
const unseenModes = new Set([5, 40, 45, 1007, 1036, 1042, 2027, 2031]);

export class Screen {
  constructor(rows, cols) {
    this.term = new headless.Terminal({
      rows, cols, scrollback: 10000, allowProposedApi: true, logLevel: 'off',
      windowOptions: { getWinSizeChars: true, getCellSizePixels: true, getWinSizePixels: true, pushTitle: true, popTitle: true },
    });
    this.term.loadAddon(new unicode11.Unicode11Addon());
    this.term.unicode.activeVersion = '11';
    this.replies = '';
    this.title = '';
    this.term.onData(s => { this.replies += Buffer.from(s, 'utf8').toString('latin1'); });
    this.term.onBinary(s => { this.replies += s; });
    this.term.onTitleChange(s => { this.title = s; });
    this.#forget();
    this.#listen();
  }

  #forget() {
    this.modifyOtherKeys = 0;
    this.cursorStyle = undefined;
    this.kitty = { normal: [], alternate: [] };
  }

  // Handlers that return false: xterm.js still does its own part.
  #listen() {
    const csi = (id, act) => this.term.parser.registerCsiHandler(id, params => {
      act(params.map(p => Array.isArray(p) ? p[0] : p));
      return false;
    });
    const stack = () => this.kitty[this.term.buffer.active.type];
    this.modes = {};
    for (const [final, on] of [['h', true], ['l', false]]) {
      csi({ prefix: '?', final }, ps => ps.filter(p => unseenModes.has(p)).forEach(p => { this.modes['dec' + p] = on; }));
    }
    csi({ prefix: '>', final: 'm' }, ([what, value]) => {
      if (what === 4 || !what) this.modifyOtherKeys = what === 4 ? Math.max(0, value || 0) : 0;
    });
    csi({ intermediates: ' ', final: 'q' }, ([style]) => { this.cursorStyle = style || 0; });
    csi({ prefix: '>', final: 'u' }, ([flags]) => { stack().push(flags || 0); });
    csi({ prefix: '<', final: 'u' }, ([n]) => { stack().splice(-Math.min(n || 1, stack().length || 1)); });
    csi({ prefix: '=', final: 'u' }, ([flags = 0, how]) => {
      const s = stack();
      const old = s.pop() || 0;
      s.push(how === 2 ? old | flags : how === 3 ? old & ~flags : flags);
    });
    csi({ intermediates: '!', final: 'p' }, () => this.#forget());
    this.term.parser.registerEscHandler({ final: 'c' }, () => {
      this.#forget();
      this.modes = {};
      this.title = '';
      return false;
    });
  }

  write(bytes) { return new Promise(done => this.term.write(bytes, done)); }
  resize(rows, cols) { this.term.resize(cols, rows); }
  dispose() { this.term.dispose(); }

  // play feeds bytes from offset `from` to `to` of a recording, with the
  // resizes that lie between. One at `to` itself belongs to this stretch, one
  // at `from` to the stretch before, except at the very start.
  async play(raw, events, from, to) {
    let at = from;
    for (const e of events) {
      if (e.offset > to || e.offset < from || (e.offset === from && from > 0)) continue;
      await this.write(raw.subarray(at, e.offset));
      at = e.offset;
      this.resize(e.rows, e.cols);
    }
    await this.write(raw.subarray(at, to));
  }

  state() {
    const core = this.term._core;
    const { normal, alt, active } = core._bufferService.buffers;
    const cs = core.coreService;
    const parser = core._inputHandler._parser;
    const s = {
      format: 'vtstate/1', rows: this.term.rows, cols: this.term.cols,
      buffer: active === alt ? 'alt' : 'normal',
      cursor: { ...this.#cursor(active), visible: !cs.isCursorHidden },
      has_wraps: true,
      screen: this.#lines(active, active.ybase, active.ybase + this.term.rows),
      scrollback: this.#lines(normal, 0, normal.ybase).map(({ t, w }) => w ? { t, w } : { t }),
      modes: this.#modes(),
      kitty_keyboard: this.kitty[this.term.buffer.active.type].slice(),
      title: this.title,
      scroll_region: [active.scrollTop, active.scrollBottom],
      tabs: Object.keys(active.tabs).map(Number).filter(x => active.tabs[x] && x < this.term.cols).sort((a, b) => a - b),
      pen: style(core._inputHandler._curAttrData).slice(0, 4),
      saved_cursor: this.#saved(active),
      charset: { gl: core._charsetService.glevel, g: [0, 1, 2, 3].map(i => charset(core._charsetService._charsets[i])) },
      parser_ground: parser.currentState === parser.initialState && !core._inputHandler._utf8Decoder.interim[0],
    };
    if (this.cursorStyle !== undefined) s.cursor.decscusr = this.cursorStyle;
    if (active === alt) s.normal = { screen: this.#lines(normal, normal.ybase, normal.ybase + this.term.rows), cursor: this.#cursor(normal) };
    return s;
  }

  // xterm.js keeps a pending wrap as a cursor beyond the last column.
  #cursor(b) {
    const last = this.term.cols - 1;
    return { row: b.y, col: Math.min(b.x, last), wrap_pending: b.x > last };
  }

  #saved(b) {
    const pen = b.savedCurAttrData ? style(b.savedCurAttrData).slice(0, 4) : ['', '', '', ''];
    return { row: Math.max(0, b.savedY - b.ybase), col: b.savedX, pen };
  }

  #modes() {
    const m = this.term.modes;
    const core = this.term._core;
    const blink = core.coreService.decPrivateModes.cursorBlink;
    const encoding = String(core.coreMouseService._activeEncoding || 'DEFAULT').toLowerCase();
    return {
      app_cursor: m.applicationCursorKeysMode, app_keypad: m.applicationKeypadMode,
      bracketed_paste: m.bracketedPasteMode, insert: m.insertMode, newline: !!this.term.options.convertEol,
      origin: m.originMode, wraparound: m.wraparoundMode, reverse_wraparound: m.reverseWraparoundMode,
      focus: m.sendFocusMode, sync: !!m.synchronizedOutputMode,
      mouse: m.mouseTrackingMode === 'drag' ? 'button' : m.mouseTrackingMode,
      mouse_encoding: encoding === 'default' ? 'none' : encoding,
      cursor_blink: blink === undefined ? null : blink,
      modify_other_keys: this.modifyOtherKeys,
      ...this.modes,
    };
  }

  #lines(b, from, to) {
    const links = this.term._core._oscLinkService;
    const cell = this.term.buffer.active.getNullCell();
    const out = [];
    for (let y = from; y < to; y++) out.push(describe(b.lines.get(y), this.term.cols, cell, links));
    return out;
  }
}

const plain = ['', '', '', '', ''];

// describe turns a line into {t: text, w: continues the line above, r: runs of
// cells of one style}.
function describe(line, cols, cell, links) {
  const cells = [];
  for (let x = 0; x < cols; x++) {
    if (!line || x >= line.length) { cells.push({ text: ' ', style: plain }); continue; }
    line.loadCell(x, cell);
    if (cell.getWidth() === 0 && x > 0) cells.push({ text: '', style: cells[x - 1].style });
    else cells.push({ text: cell.getChars() || ' ', style: style(cell, links) });
  }
  const o = { t: cells.map(c => c.text).join('').replace(/ +$/, '') };
  if (line && line.isWrapped) o.w = true;
  const r = runs(cells);
  if (r.length) o.r = r;
  return o;
}

function runs(cells) {
  const out = [];
  for (let x = 0; x < cells.length;) {
    const st = cells[x].style;
    let end = x + 1;
    while (end < cells.length && same(cells[end].style, st)) end++;
    let texts = cells.slice(x, end).map(c => c.text);
    if (same(st, plain) && end === cells.length) while (texts.length && texts.at(-1) === ' ') texts.pop();
    if (!same(st, plain) || texts.some(t => t !== ' ')) {
      const joined = texts.every(t => [...t].length === 1) ? texts.join('') : texts;
      const shown = st.slice();
      while (shown.length && shown.at(-1) === '') shown.pop();
      out.push([x, joined, ...shown]);
    }
    x = end;
  }
  return out;
}

function same(a, b) { return a.every((v, i) => v === b[i]); }

// style gives [fg, bg, attributes, underline colour, link]. The underline is
// read from the raw bits, because xterm.js shows every link as underlined.
function style(c, links) {
  const ext = c.hasExtendedAttrs() ? c.extended._ext : 0;
  const underlined = (c.fg & 0x10000000) !== 0;
  const kind = (ext >>> 26) & 7;
  let attrs = '';
  if (c.isBold()) attrs += 'b';
  if (c.isDim()) attrs += 'd';
  if (c.isItalic()) attrs += 'i';
  if (underlined) attrs += kind > 1 ? 'u' + kind : 'u';
  if (c.isBlink()) attrs += 'k';
  if (c.isInverse()) attrs += 'r';
  if (c.isInvisible()) attrs += 'h';
  if (c.isStrikethrough()) attrs += 's';
  if (c.isOverline()) attrs += 'o';
  const fg = c.isFgDefault() ? '' : colour(c.isFgPalette(), c.getFgColor());
  const bg = c.isBgDefault() ? '' : colour(c.isBgPalette(), c.getBgColor());
  const mode = ext & 0x3000000;
  const coloured = underlined && mode !== 0 && (ext & 0x3ffffff) !== 0x3ffffff;
  const line = coloured ? colour(mode !== 0x3000000, mode === 0x3000000 ? ext & 0xffffff : ext & 0xff) : '';
  const link = links && c.hasExtendedAttrs() && c.extended.urlId ? links.getLinkData(c.extended.urlId)?.uri || '' : '';
  return [fg, bg, attrs, line, link];
}

function colour(indexed, value) {
  return indexed ? String(value) : '#' + (value & 0xffffff).toString(16).padStart(6, '0');
}

function charset(set) {
  if (!set) return 'B';
  if (set.q === '─') return '0';
  return set['#'] === '£' && Object.keys(set).length === 1 ? 'A' : 'other';
}
