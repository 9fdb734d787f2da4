import { authorization } from "@/lib/session";

const UNREACHABLE = "The platform did not answer. Try again in a moment.";

/** Whether the API accepts a token. Throws an error in words when it does not answer. */
export async function isAccepted(token: string): Promise<boolean> {
  let answer: Response;
  try {
    answer = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization(token) },
      body: JSON.stringify({ query: "{ viewer { name } }" }),
    });
  } catch (error) {
    throw new Error(UNREACHABLE, { cause: error });
  }
  const body = (await answer.json().catch(() => ({}))) as { data?: { viewer?: unknown } };
  return Boolean(body.data?.viewer);
}
