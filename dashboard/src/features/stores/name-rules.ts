/**
 * The server's rules for names, checked while a name is typed. A test of the server holds
 * name-rules.json to its own rules.
 */
import rules from "./name-rules.json";

const LABEL = new RegExp(`^(?:${rules.pattern})$`);

/** What is wrong with a name, or undefined when the server will take it if it is free and not reserved. */
export function problemOfName(name: string): string | undefined {
  if (/[^a-z0-9-]/.test(name)) return "Use only lower-case letters a-z, digits and hyphens.";
  if (name.length < rules.minLength) return `Use at least ${rules.minLength} characters.`;
  if (name.length > rules.maxLength) {
    return `Use at most ${rules.maxLength} characters; this has ${name.length}.`;
  }
  if (/^..--/.test(name)) return "Do not use hyphens as both the third and the fourth character.";
  if (!LABEL.test(name)) return "Begin and end with a letter or digit.";
  return undefined;
}

/** The address that a shop of this name will have. */
export function addressOf(pattern: string, name: string): string {
  return pattern.replaceAll("{name}", name);
}
