// SPDX-License-Identifier: MIT
// Sorts and filters the table of targets, and opens what is linked to or printed. All contents are
// there without it.
"use strict";
(() => {
    const table = document.querySelector("#targets table");
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...body.rows];
    const filter = document.getElementById("filter");
    const find = filter.querySelector("[type=search]");
    const choices = [...filter.querySelectorAll("[type=checkbox]")];
    const told = filter.querySelector("output");

    // ---- filter

    let words = null; // of each row; made when they are looked for first

    function show() {
        const sought = find.value.trim().toLowerCase();
        const states = new Set(choices.filter((choice) => choice.checked).map((choice) => choice.value));
        let shown = 0;

        words ??= new Map(rows.map((row) => [row, [...row.cells].map((cell) => cell.textContent).join("\n").toLowerCase()]));
        for (const row of rows) {
            row.hidden = !(states.has(row.className) && words.get(row).includes(sought));
            shown += row.hidden ? 0 : 1;
        }
        told.textContent = `${shown} of ${rows.length} shown`;
    }

    find.addEventListener("input", show);
    choices.forEach((choice) => choice.addEventListener("change", show));
    filter.hidden = false;

    // ---- sort

    const natural = new Intl.Collator("en", {numeric: true, sensitivity: "base"});
    const urgency = choices.map((choice) => choice.value);

    // All are compared as texts, in which numbers count as numbers.
    function keyOf(row, column) {
        const cell = row.cells[column];

        return cell.className === "state" ? String(urgency.indexOf(row.className))
            : cell.dataset.value ?? cell.textContent;
    }

    function sort(column) {
        const falling = heads[column].ariaSort === "ascending";
        const keys = new Map(rows.map((row) => [row, keyOf(row, column)]));
        const sorted = document.createDocumentFragment();

        rows.sort((a, b) => natural.compare(keys.get(a), keys.get(b)) * (falling ? -1 : 1));
        rows.forEach((row) => sorted.append(row));
        body.append(sorted);
        heads.forEach((head) => head.removeAttribute("aria-sort"));
        heads[column].setAttribute("aria-sort", falling ? "descending" : "ascending");
    }

    heads.forEach((head, column) => {
        const button = document.createElement("button");
        const printed = document.createElement("span"); // browsers repeat no button on every sheet

        button.type = "button";
        button.textContent = printed.textContent = head.textContent;
        button.addEventListener("click", () => sort(column));
        printed.className = "printed";
        head.replaceChildren(button, printed);
    });

    // ---- open

    function openLinked() {
        const linked = location.hash && document.getElementById(location.hash.slice(1));
        let closed = linked && linked.closest("details:not([open])");

        if (!closed) return;
        for (; closed; closed = linked.closest("details:not([open])")) closed.open = true;
        linked.scrollIntoView();
    }

    let opened = [];

    addEventListener("hashchange", openLinked);
    addEventListener("beforeprint", () => {
        opened = [...document.querySelectorAll("details:not([open])")];
        opened.forEach((details) => { details.open = true; });
    });
    addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));
    openLinked();
})();
