/**
 * Whether another tab of this browser is signed in. Each tab has a session of its own; a link that
 * signs this one in as somebody else is to be noticed by people who are at work in another.
 */

const CHANNEL = "store-platform-session";
const ANSWER_WITHIN = 300;
/** Who is signed in in a tab that has not been told the name yet. */
export const SOMEBODY = "somebody";

/** Answer the tabs that ask, with who is signed in here by then; "" does not answer. */
export function answerOtherTabs(nameHere: () => string): void {
  const channel = openChannel();
  if (!channel) return;
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const name = nameHere();
    if (data === "who" && name) channel.postMessage({ name });
  };
}

/** Who is signed in in another tab; null when no tab says that anybody is. */
export async function askOtherTabs(): Promise<string | null> {
  const channel = openChannel();
  if (!channel) return null;
  const answer = new Promise<string | null>((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "object" && data !== null && "name" in data && typeof data.name === "string") resolve(data.name);
    };
    setTimeout(() => resolve(null), ANSWER_WITHIN);
  });
  channel.postMessage("who");
  const name = await answer;
  channel.close();
  return name;
}

function openChannel(): BroadcastChannel | null {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return null; // it does not exist, or is blocked like storage
  }
}
