/** A payload with its errors in the words for their codes; where there are none, the API's own are told. */
export function inWordsOf(words: Record<string, string>, { errors }: { errors: { code: string; message: string }[] }): { errors: { message: string }[] } {
  return { errors: errors.map(({ code, message }) => ({ message: words[code] ?? message })) };
}
