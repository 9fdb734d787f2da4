import { fetchDated } from "./server-clock";
import { authorization, isPlausible } from "./session";

const UNREACHABLE = "The platform did not answer. Try again in a moment.";

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string }[];
}

/**
 * Ask the API something outside the session that is open: with a token that is to be tried, or none.
 * Throws an error in words when there is no answer.
 */
export async function askApi(query: string, variables: Record<string, string>, token = ""): Promise<Answer> {
  try {
    const answer = await fetchDated("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization(token) },
      body: JSON.stringify({ query, variables }),
    });
    return (await answer.json()) as Answer;
  } catch (error) {
    throw new Error(UNREACHABLE, { cause: error });
  }
}

/** Whose a token is; null when it is nobody's. Throws an error in words when there is no answer. */
export async function nameBehind(token: string): Promise<string | null> {
  if (!isPlausible(token)) return null;
  const { data } = await askApi("{ viewer { name } }", {}, token);
  return (data?.viewer as { name: string } | undefined)?.name ?? null;
}
