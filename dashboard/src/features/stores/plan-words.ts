import type { EnginesQuery, StoreDetailsFragment } from "@/gql/graphql";
import { cpuInWords, sizeInWords } from "@/lib/quantity";

type Engine = EnginesQuery["engines"][number];

/** What a shop is given of the cluster, in people's units. */
export function needsInWords({ cpu, memory, storage }: Engine["resources"]): string {
  return `${cpuInWords(cpu)} · ${sizeInWords(memory)} memory · ${sizeInWords(storage)} disk`;
}

/** The plan that a new shop has if nobody chooses another one: that of the shop in the backup, or the software's default. */
export function defaultPlan(plans: Engine["plans"], former?: string): string {
  return plans.find(({ name, isDefault }) => (former ? name === former : isDefault))?.name ?? "";
}

/** A shop's plan with what it costs. */
export function planInWords({ name, price }: NonNullable<StoreDetailsFragment["plan"]>): string {
  return price ? `${name} (${price})` : name;
}
