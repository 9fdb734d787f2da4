import { expect, test } from "vitest";
import { bytesInWords, cpuInWords, sizeInWords } from "./quantity";

test.each([
  ["400m", "0.4 CPU"],
  ["370m", "0.37 CPU"],
  ["1000m", "1 CPU"],
  ["1500m", "1.5 CPU"],
  ["2", "2 CPU"],
  ["0.5", "0.5 CPU"],
  ["a lot", "a lot CPU"],
])("CPU of %s is %s", (quantity, words) => {
  expect(cpuInWords(quantity)).toBe(words);
});

test.each([
  ["1Gi", "1 GB"],
  ["832Mi", "832 MB"],
  ["10Gi", "10 GB"],
  ["1536Mi", "1.5 GB"],
  ["1024Mi", "1 GB"],
  ["2048Gi", "2 TB"],
  ["500M", "500 MB"],
  ["64k", "64 KB"],
  ["512", "512 B"],
  ["1073741824", "1 GB"],
  ["much", "much"],
])("a size of %s is %s", (quantity, words) => {
  expect(sizeInWords(quantity)).toBe(words);
});

test.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [1_000, "1.0 kB"],
  [2_345_678, "2.3 MB"],
  [12_000_000_000, "12.0 GB"],
  [3e15, "3000.0 TB"],
])("%i bytes are %s", (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words);
});
