/** What `tests/real/test_purchase.py` gives in the environment. */
export function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set.`);
  return value;
}

/** What a shopper calls herself, where orders are listed by name: the part of her address before the @. */
export function firstName(): string {
  return given("E2E_SHOPPER").replace(/@.*/, "");
}
