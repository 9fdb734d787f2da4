import type { ViewerQuery } from "@/gql/graphql";

/** How many stores somebody has and may have, in a sentence or two. */
export function quotaInWords({ viewer: { quota }, platform }: ViewerQuery): string {
  const { storesUsed, storesLimit, storesLeft } = quota;
  const used = storesUsed === 1 ? "1 store" : `${storesUsed} stores`;
  if (storesLimit == null || storesLeft == null) return `You have ${used}; there is no limit.`;
  return `You have ${used} of ${storesLimit}; ${storesLeft} left.${platform.countsSuspendedStores ? "" : " Paused ones do not count."}`;
}
