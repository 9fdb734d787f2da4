import { useState } from "react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Loaded } from "@/components/loaded";
import { Refusal } from "@/components/refusal";
import { Skeleton } from "@/components/skeleton";
import type { PlanChangesQuery, StoreSummaryFragment } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { CHANGE_PLAN, PLAN_CHANGES } from "./operations";
import { PlanChoice } from "./plan-choice";

interface PlanDialogProps {
  store: Pick<StoreSummaryFragment, "id" | "title">;
  onClose: () => void;
}

/** Says what each other plan means for a shop, before it gets one. */
export function PlanDialog({ store, onClose }: PlanDialogProps) {
  const query = useLiveQuery({ query: PLAN_CHANGES, variables: { id: store.id } });
  return (
    <Dialog title={`Change the plan of ${store.title}?`} onClose={onClose}>
      <Loaded query={query} skeleton={<Skeleton rows={2} height="4.5rem" />} isPart>
        {(found) => <PlanForm store={store} changes={found.store?.planChanges ?? []} onClose={onClose} />}
      </Loaded>
    </Dialog>
  );
}

type Changes = NonNullable<PlanChangesQuery["store"]>["planChanges"];

function PlanForm({ store, changes, onClose }: PlanDialogProps & { changes: Changes }) {
  const [result, change] = useMutation(CHANGE_PLAN);
  const [chosen, setChosen] = useState<string>();
  const offer = changes.find(({ plan }) => plan.name === chosen) ?? changes[0];

  async function submit() {
    if (!offer) return;
    if (refusalOf(await change({ input: { id: store.id, plan: offer.plan.name } }), (data) => data.changePlan)) return;
    announce(`${store.title} is getting the plan ${offer.plan.name}.`);
    onClose();
  }

  return (
    <DialogForm onSubmit={submit}>
      {offer ? (
        <>
          <PlanChoice plans={changes.map(({ plan }) => plan)} value={offer.plan.name} onChange={setChosen} />
          <p>{offer.message}</p>
        </>
      ) : (
        <p>There is no other plan for this shop.</p>
      )}
      <Refusal title="The plan was not changed" message={refusalOf(result, (data) => data.changePlan)} />
      <DialogActions>
        <Button onClick={onClose}>Leave it as it is</Button>
        <Button type="submit" look="primary" disabled={result.fetching || !offer || offer.way === "BY_BACKUP"}>
          {result.fetching ? "Beginning …" : "Change plan"}
        </Button>
      </DialogActions>
    </DialogForm>
  );
}
