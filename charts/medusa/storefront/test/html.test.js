import assert from "node:assert/strict";
import { test } from "node:test";
import { html } from "../src/html.js";

test("values are escaped, in text and in attributes", () => {
  const evil = `"><script>alert('x')</script>&`;
  assert.equal(
    html`<a title="${evil}">${evil}</a>`.text,
    '<a title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;">' +
      "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;</a>",
  );
});

test("markup in markup is not escaped again", () => {
  assert.equal(html`<p>${html`<b>${"<"}</b>`}</p>`.text, "<p><b>&lt;</b></p>");
});

test("lists are joined, and each value of them is escaped", () => {
  assert.equal(html`${["<", html`<br>`, 1]}`.text, "&lt;<br>1");
});

test("nothing is written for what is not there", () => {
  assert.equal(html`[${false}${null}${undefined}]`.text, "[]");
});

test("zero and the empty text are written", () => {
  assert.equal(html`[${0}${""}]`.text, "[0]");
});

test("what only looks like markup is escaped", () => {
  const fake = /** @type {any} */ ({ text: "<script>", toString: () => "<script>" });
  assert.equal(html`${fake}`.text, "&lt;script&gt;");
});
