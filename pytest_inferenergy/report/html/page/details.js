
// -- what unfolds below a row ----------------------------------------------------------------
function factGroup({ title, facts }) {
  const section = make("section", "group");
  const list = make("dl");
  for (const [label, text] of facts) {
    const pair = make("div");
    pair.append(make("dt", "", label), make("dd", "", text));
    list.append(pair);
  }
  section.append(make("h3", "", title), list);
  return section;
}

function figure(title, caption, content) {
  const box = make("figure");
  const words = make("figcaption");
  words.append(make("strong", "", title), make("span", "muted", caption));
  box.append(words, content);
  return box;
}

function ladder({ task, rank, of, rungs }) {
  const list = make("ol", "ladder");
  for (const rung of rungs) {
    const here = rung.task === task;
    const item = make("li", here ? "here" : "");
    const track = make("span", "track"), dot = make("span", "dot");
    dot.style.left = `${100 * rung.at}%`;
    track.append(dot);
    item.append(make("span", "", rung.task), track, make("span", "number", here ? "this task" : `${figures(rung.ratio)} ×`));
    list.append(item);
  }
  const caption = `${task} is number ${rank} of ${of} from the least energy; × says how many times as much another takes there (log scale)`;
  return figure("The study’s ladder of tasks", caption, list);
}

function detailRow(index) {
  const { message, groups, plots, words } = DATA[index];
  const row = make("tr", "unfolded");
  const cell = make("td");
  cell.colSpan = 7;
  row.setAttribute("role", "row");
  cell.setAttribute("role", "cell");
  if (message) {
    const bad = words.includes("regressed") || words.includes("over budget");
    cell.append(make("pre", bad ? "message bad" : "message", message));
  }
  const drawings = make("div", "figures");
  for (const [name, draw] of Object.entries(DRAW)) {
    if (plots[name]) drawings.append(plotFigure(draw(plots[name], plots)));
  }
  if (plots.ladder) drawings.append(ladder(plots.ladder));
  if (drawings.childElementCount) cell.append(drawings);
  const lists = make("div", "groups");
  lists.append(...groups.map(factGroup));
  cell.append(lists);
  row.append(cell);
  return row;
}
