import { authorization } from "@/lib/session";

/** What is wrong with a token, or undefined when the API accepts it. */
export async function problemOfToken(token: string): Promise<string | undefined> {
  let answer: Response;
  try {
    answer = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization(token) },
      body: JSON.stringify({ query: "{ viewer { name } }" }),
    });
  } catch {
    return "The platform did not answer. Try again in a moment.";
  }
  const body = (await answer.json().catch(() => ({}))) as { data?: { viewer?: unknown } };
  return body.data?.viewer ? undefined : "This token is not accepted. It may be mistyped, expired or revoked.";
}
