// The browser in a report: igv.js over data that is in the page itself, see embedded.py, or, where
// the page is served, over the files beside it.  Plain JavaScript: no build, no other library.
(function () {
  "use strict";

  const LEVELS = 254, GAP = 255, BASES = "ACGTN", HEIGHTS = { values: 46, boxes: 24, calls: 36, genes: 40 };
  const home = document.currentScript.closest(".genoseq-browser");
  const one = (name) => home.querySelector(".genoseq-browser-" + name);
  const data = JSON.parse(one("data").textContent);
  const texts = home.querySelectorAll(".genoseq-browser-text");
  const note = one("note");
  const view = one("view");
  let browser = null, shown = null, all = false, last = Promise.resolve();

  // ---- data in the page --------------------------------------------------------------------

  async function unpack(text) {
    const letters = atob(text), packed = new Uint8Array(letters.length);
    for (let at = 0; at < letters.length; at++) packed[at] = letters.charCodeAt(at);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  }

  const once = (make) => {
    let made = null;
    return () => (made = made || make());
  };

  // Pieces of a genome by contig, each with the offset of its first base or byte in the data.
  function layout(genome, perByte) {
    const found = new Map();
    let offset = 0;
    for (const [contig, start, end] of genome.pieces) {
      const name = genome.contigs[contig][0];
      if (!found.has(name)) found.set(name, []);
      found.get(name).push({ start, end, offset });
      offset += Math.ceil((end - start) / perByte);
    }
    return found;
  }

  const touching = (pieces, start, end) =>
    (pieces || []).filter((piece) => piece.start < end && piece.end > start);

  class Sequence {
    constructor(genome) {
      this.pieces = layout(genome, 3);
      this.bytes = once(async () =>
        new Uint8Array(await unpack(texts[genome.offset + genome.sequence].textContent)));
    }

    async get(chr, start, end) {
      const near = touching(this.pieces.get(chr), start, end);
      if (!near.length) return null;
      const bytes = await this.bytes();
      const letters = new Array(end - start).fill(" ");
      for (const piece of near) {
        for (let base = Math.max(start, piece.start); base < Math.min(end, piece.end); base++) {
          const index = base - piece.start, three = bytes[piece.offset + Math.floor(index / 3)];
          const code = [Math.floor(three / 25), Math.floor(three / 5) % 5, three % 5][index % 3];
          letters[base - start] = BASES[code];
        }
      }
      return letters.join("");
    }
  }

  // Bases of a genome that is served: codes.bin has the contigs one after the other.
  class ServedSequence {
    constructor(genome, url) {
      this.url = url;
      this.first = new Map();
      let offset = 0;
      for (const [name, length] of genome.contigs) {
        this.first.set(name, { offset, length });
        offset += length;
      }
    }

    async get(chr, start, end) {
      const { offset, length } = this.first.get(chr);
      const low = Math.max(0, start), high = Math.min(end, length);
      if (low >= high) return null;
      const range = `bytes=${offset + low}-${offset + high - 1}`;
      const answer = await fetch(this.url, { headers: { Range: range } });
      if (answer.status !== 206) throw new Error(`no part of ${this.url}: ${answer.status}`);
      const codes = new Uint8Array(await answer.arrayBuffer());
      return " ".repeat(low - start) + Array.from(codes, (code) => BASES[code]).join("") +
        " ".repeat(end - high);
    }
  }

  class Values {
    constructor(genome, track) {
      this.pieces = layout(genome, 1);
      this.track = track;
      this.levels = once(async () => {
        const bytes = new Uint8Array(await unpack(texts[genome.offset + track.data].textContent));
        for (let at = 1; at < bytes.length; at++) bytes[at] += bytes[at - 1];
        return bytes;
      });
      this.windowFunctions = ["max"];
    }

    // Runs of bases of one level; where a pixel has many bases, the highest level of each pixel.
    async getFeatures({ chr, start, end, bpPerPixel }) {
      const near = touching(this.pieces.get(chr), start, end), found = [];
      if (!near.length) return found;
      const levels = await this.levels();
      const step = Math.max(1, Math.floor(bpPerPixel || 1)), scale = this.track.high - this.track.low;
      for (const piece of near) {
        const low = Math.max(Math.floor(start), piece.start);
        const high = Math.min(Math.ceil(end), piece.end);
        let open = null;
        for (let at = low; at < high; at += step) {
          const stop = Math.min(at + step, high);
          let level = -1;
          for (let base = at; base < stop; base++) {
            const own = levels[piece.offset + base - piece.start];
            if (own !== GAP && own > level) level = own;
          }
          if (open && open.level === level && open.end === at) {
            open.end = stop;
          } else if (level >= 0) {
            const value = this.track.low + (level / LEVELS) * scale;
            found.push((open = { chr, start: at, end: stop, value, level }));
          } else {
            open = null;
          }
        }
      }
      return found;
    }

    supportsWholeGenome() {
      return false;
    }
  }

  class Boxes {
    constructor(genome, track) {
      this.read = once(async () => {
        const text = new TextDecoder().decode(
          await unpack(texts[genome.offset + track.data].textContent));
        return packed(text.split("\n").filter(Boolean).map((line) => box(genome, line)));
      });
      this.searchable = false;
    }

    async getFeatures({ chr, start, end }) {
      const all = (await this.read()).get(chr) || { boxes: [], longest: 0 };
      let low = 0, high = all.boxes.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (all.boxes[middle].start + all.longest < start) low = middle + 1;
        else high = middle;
      }
      const found = [];
      for (let at = low; at < all.boxes.length && all.boxes[at].start < end; at++) {
        if (all.boxes[at].end > start) found.push(all.boxes[at]);
      }
      return found;
    }

    supportsWholeGenome() {
      return false;
    }
  }

  function box(genome, line) {
    const [contig, start, end, name, score, strand, colour, from, to, exons] = line.split("\t");
    const found = {
      chr: genome.contigs[contig][0], start: +start, end: +end, name, score: +score, strand,
      color: `rgb(${colour})`,
    };
    if (exons) {
      found.cdStart = +from;
      found.cdEnd = +to;
      found.exons = exons.split(",").map((part) => {
        const [low, high] = part.split("-").map(Number);
        const exon = { start: low, end: high };
        if (high <= found.cdStart || low >= found.cdEnd) exon.utr = true;
        else {
          if (low < found.cdStart) exon.cdStart = found.cdStart;
          if (high > found.cdEnd) exon.cdEnd = found.cdEnd;
        }
        return exon;
      });
    }
    return found;
  }

  // By contig: boxes in order, each in the first row where it does not lie on another.
  function packed(all) {
    const found = new Map();
    all.sort((a, b) => a.start - b.start || a.end - b.end);
    for (const each of all) {
      if (!found.has(each.chr)) found.set(each.chr, { boxes: [], longest: 0, rows: [] });
      const own = found.get(each.chr);
      let row = own.rows.findIndex((end) => end <= each.start);
      if (row < 0) row = own.rows.push(0) - 1;
      own.rows[row] = each.end;
      each.row = row;
      own.longest = Math.max(own.longest, each.end - each.start);
      own.boxes.push(each);
    }
    return found;
  }

  // ---- igv.js ------------------------------------------------------------------------------

  const igvThere = once(async () => {
    const script = document.createElement("script");
    script.textContent = new TextDecoder().decode(await unpack(one("igv").textContent));
    document.head.append(script);
    if (!window.igv) throw new Error("igv.js did not start");
  });

  // What is served of a genome that is not in the page whole; null where that cannot be had.
  async function served(genome) {
    if (genome.files === null || !/^https?:$/.test(location.protocol)) return null;
    const answer = await fetch(genome.files + "/index.json");
    return answer.ok ? answer.json() : null;
  }

  function trackOptions(genome, track, number, files) {
    const common = {
      name: track.name, order: number + 1, height: HEIGHTS[track.kind], removable: false,
    };
    const url = files && { url: `${genome.files}/${files.tracks[number]}` };
    if (track.kind === "values") {
      const source = url ? { ...url, format: "bigwig" } : { featureSource: new Values(genome, track), summarize: false };
      return {
        ...common, ...source, type: "wig", color: track.colour, min: track.low, max: track.high,
        autoscale: false, flipAxis: track.flipped, windowFunction: "max",
      };
    }
    const source = url ? { ...url, format: "bigbed" } : { featureSource: new Boxes(genome, track) };
    const mode = track.kind === "genes" ? "EXPANDED" : "SQUISHED";
    return { ...common, ...source, type: "annotation", displayMode: mode, visibilityWindow: -1 };
  }

  async function open(genome) {
    const [files] = await Promise.all([served(genome), igvThere()]);
    if (browser) window.igv.removeBrowser(browser);
    browser = shown = null;
    view.replaceChildren();
    const sizes = genome.contigs.map(([name, length]) => `${name}\t${length}\n`).join("");
    const aliases = genome.contigs.map(([name, , real]) => `${name}\t${real}\n`).join("");
    browser = await window.igv.createBrowser(view, {
      reference: {
        id: genome.label, name: genome.label, format: "chromsizes", fastaURL: new File([sizes], "sizes.txt"),
        aliasURL: new File([aliases], "names.txt"), wholeGenomeView: false,
      },
      search: false, loadDefaultGenomes: false, queryParametersSupported: false,
      showSampleNames: false, tracks: [],
    });
    const sequence = files?.sequence
      ? new ServedSequence(genome, `${genome.files}/${files.sequence}`)
      : genome.sequence !== null && new Sequence(genome);
    if (sequence)
      browser.genome.sequence.getSequence = (chr, start, end) => sequence.get(chr, start, end);
    const tracks = genome.tracks.map((track, number) => [track, number]);
    await browser.loadTrackList(tracks
      .filter(([, number]) => !files || files.tracks[number] !== null)
      .map(([track, number]) => trackOptions(genome, track, number, files)));
    all = files !== null || genome.whole;
    shown = genome;
    name();
  }

  // igv.js leaves its controls without names for those who do not see them.
  function name() {
    const root = view.shadowRoot || view;
    const named = [["select", "Contig"], ["input", "Locus"]];
    for (const [tag, text] of named) {
      root.querySelectorAll(tag).forEach((each) => {
        if (!each.getAttribute("aria-label") && !each.labels?.length)
          each.setAttribute("aria-label", each.title || each.placeholder || text);
      });
    }
  }

  async function move(name, chrom, start, end) {
    const genome = data.genomes.find((each) => each.name === name);
    if (!genome) throw new Error(`no genome ${name} in this page`);
    const contig = genome.contigs.find((each) => each[2] === chrom);
    if (!contig) throw new Error(`no contig ${chrom} in ${name}`);
    if (shown !== genome) await open(genome);
    if (choice.value !== String(data.genomes.indexOf(genome)))
      choice.value = data.genomes.indexOf(genome);
    const flank = Math.max(150, Math.round((end - start) / 2));
    const low = Math.max(0, start - flank), high = Math.min(contig[1], end + flank);
    await browser.search(`${contig[0]}:${low + 1}-${high}`);
    say(genome, contig[0], start, end);
  }

  function say(genome, label, start, end) {
    const pieces = genome.pieces.filter(([contig]) => genome.contigs[contig][0] === label);
    const inside = pieces.some(([, low, high]) => low <= start && end <= high);
    note.textContent = all
      ? genome.whole
        ? "The whole genome is in this page; values are in steps of 1/254 of their axis."
        : "The whole genome is served beside this page."
      : "This page holds the stretches around its worst loci; genoseq report --serve shows all. " +
        (inside ? "" : "This stretch is not one of them.");
  }

  const choice = one("choice").querySelector("select");
  data.genomes.forEach((genome, index) => choice.add(new Option(genome.name, String(index))));
  one("choice").hidden = data.genomes.length < 2;
  choice.addEventListener("change", () => {
    const genome = data.genomes[Number(choice.value)];
    const [contig, start, end] = genome.pieces[0];
    go(genome.name, genome.contigs[contig][2], start, Math.min(end, start + 20000));
  });

  // One after the other: igv.js takes no second order while it carries one out.
  function go(genome, chrom, start, end) {
    last = last.catch(() => {}).then(() => move(genome, chrom, start, end));
    last.catch((error) => {
      note.textContent = `The browser failed: ${error.message || error}`;
    });
    return last;
  }

  const ready = data.start.length ? go(...data.start) : Promise.resolve();
  ready.then(() => { view.dataset.state = "ready"; }, () => { view.dataset.state = "failed"; });
  window.genoseqBrowser = { go, ready, idle: () => last, igv: () => browser };
})();
