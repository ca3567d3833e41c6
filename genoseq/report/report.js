"use strict";
// The report's own script: tables that sort, errors that filter, numbers that download.
(() => {
  document.body.classList.remove("no-script");
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const missing = (value) => value === null || value === undefined || value === "";

  // A field may not hold what ends a field or a line.
  const field = (value) => (missing(value) ? "" : String(value).replace(/[\t\r\n]+/g, " "));

  function tsv(table) {
    return [table.columns, ...table.rows].map((row) => row.map(field).join("\t") + "\n").join("");
  }

  function download(name, text) {
    const address = URL.createObjectURL(new Blob([text], { type: "text/tab-separated-values" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  for (const button of document.querySelectorAll("button[data-get]")) {
    button.addEventListener("click", () => {
      const key = button.dataset.get;
      download(`${key}.tsv`, tsv(data[key]));
    });
  }

  // Numbers carry themselves in data-by; one that is not known goes last, either way.
  function value(row, column) {
    const cell = row.cells[column];
    if (cell.dataset.by === undefined) return cell.textContent.trim();
    return cell.dataset.by === "" ? null : Number(cell.dataset.by);
  }

  function compare(left, right, sign) {
    if (left === null || right === null) return (left === null) - (right === null);
    if (typeof left === "number" && typeof right === "number") return sign * (left - right);
    return sign * String(left).localeCompare(String(right), "en", { numeric: true });
  }

  function sort(heading) {
    const table = heading.closest("table");
    const column = heading.cellIndex;
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [value(row, column), row]);
    rows.sort((left, right) => compare(left[0], right[0], down ? -1 : 1));
    body.append(...rows.map(([, row]) => row));
  }

  for (const button of document.querySelectorAll("table.sorted button.sort")) {
    button.addEventListener("click", () => sort(button.closest("th")));
  }

  // The share of each true class is told by colour as well.
  for (const row of document.querySelectorAll("table.confusion tbody tr")) {
    const cells = [...row.querySelectorAll("td.n")];
    const total = cells.reduce((sum, cell) => sum + Number(cell.dataset.by), 0);
    for (const cell of cells) {
      cell.style.setProperty("--share", total ? Number(cell.dataset.by) / total : 0);
    }
  }

  // Each group of filters is of one table, and says how many of its rows are shown.
  for (const group of document.querySelectorAll(".filters[data-of]")) {
    const filters = [...group.querySelectorAll("[data-filter]")];
    const rows = document.getElementById(group.dataset.of).tBodies[0].rows;
    const filter = () => {
      const asked = filters.map((input) => [input.dataset.filter, input.value.trim()]);
      let shown = 0;
      for (const row of rows) {
        const fits = asked.every(([name, text]) =>
          name === "text"
            ? row.textContent.toLowerCase().includes(text.toLowerCase())
            : text === "" || row.dataset[name] === text);
        row.hidden = !fits;
        shown += fits;
      }
      document.getElementById(`${group.dataset.of}-shown`).textContent = `${shown} of ${rows.length}`;
    };
    for (const input of filters) input.addEventListener("input", filter);
  }

  document.addEventListener("click", (event) => {
    const row = event.target.closest("table.sorted button.go")?.closest("tr");
    if (!row) return;
    const { genome, chrom, start, end } = row.dataset;
    window.genoseqBrowser?.go(genome, chrom, Number(start), Number(end));
    document.getElementById("browser")?.scrollIntoView({ block: "start" });
  });
})();
