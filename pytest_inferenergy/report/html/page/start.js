"use strict";
// Text of tests is only ever placed by textContent: nothing here makes markup of a string.
const DATA = JSON.parse(document.getElementById("data").textContent);

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
}

function figures(value, digits = 3) {
  // as the rest of the page writes them: so many significant digits, no exponent
  if (value === 0) return "0";
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
  if (exponent < -7 || exponent >= 12) return value.toExponential(digits - 1);
  return value.toFixed(Math.max(digits - 1 - exponent, 0));
}
