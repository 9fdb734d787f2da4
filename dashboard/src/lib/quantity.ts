/** Quantities in the units that people know: Kubernetes' own, and bytes. What is no such quantity stays as it is. */

const CPU = /^(\d+(?:\.\d+)?)(m?)$/;
const SIZE = /^(\d+(?:\.\d+)?)([KkMGTP]?)i?$/;
const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"];
const STEP = 1024;
const THOUSAND = 1000;
const DECIMAL_UNITS = ["bytes", "kB", "MB", "GB", "TB"];

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2, useGrouping: false });

/** "400m" is "0.4 CPU". */
export function cpuInWords(quantity: string): string {
  const [, amount, milli] = CPU.exec(quantity) ?? [];
  if (amount === undefined) return `${quantity} CPU`;
  return `${number.format(Number(amount) / (milli ? 1000 : 1))} CPU`;
}

/** "832Mi" is "832 MB", "1Gi" is "1 GB" and "1536Mi" is "1.5 GB", as memory and disks are sold. */
export function sizeInWords(quantity: string): string {
  const [, amount, prefix = ""] = SIZE.exec(quantity) ?? [];
  if (amount === undefined) return quantity;
  let size = Number(amount);
  let unit = UNITS.findIndex((name) => name === `${prefix.toUpperCase()}B`);
  while (size >= STEP && unit < UNITS.length - 1) {
    size /= STEP;
    unit += 1;
  }
  return `${number.format(size)} ${UNITS[unit] ?? "B"}`;
}

/** A number of bytes as the platform itself words it: "999 bytes", "1.0 kB", "2.3 GB". */
export function bytesInWords(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= THOUSAND && unit < DECIMAL_UNITS.length - 1) {
    size /= THOUSAND;
    unit += 1;
  }
  return `${size.toFixed(unit === 0 ? 0 : 1)} ${DECIMAL_UNITS[unit] ?? "TB"}`;
}
