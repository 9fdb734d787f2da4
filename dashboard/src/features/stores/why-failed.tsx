import { Fold } from "@/components/fold";
import type { OperationFactsFragment, Role } from "@/gql/graphql";
import { problemOf } from "./reason-words";
import { TechnicalReason } from "./technical-reason";

interface WhyFailedProps {
  reason: OperationFactsFragment["reason"] | undefined;
  /** The end of the log of what failed. */
  output?: string | null | undefined;
  /** What can be done about it, if anything at the moment. */
  remedy: string | undefined;
  role: Role | undefined;
}

/** Why an operation has failed, and what to do; below it, what Kubernetes says. */
export function WhyFailed({ reason, output, remedy, role }: WhyFailedProps) {
  return (
    <>
      {reason && <p>{problemOf(reason.code)}</p>}
      {remedy && <p>{remedy}</p>}
      {reason && (
        <Fold summary="Technical details of the failure" isOpenAtFirst={role === "ADMIN"}>
          <TechnicalReason reason={reason} output={output} />
        </Fold>
      )}
    </>
  );
}
