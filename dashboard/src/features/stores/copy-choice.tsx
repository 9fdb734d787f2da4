import type { Ref } from "react";
import { Checkbox } from "@/components/checkbox";
import { Panel } from "@/components/panel";
import type { CreateStoreMutation } from "@/gql/graphql";
import { WHAT_A_COPY_IS } from "./store-facts";

type Refused = CreateStoreMutation["createStore"]["errors"][number];

/** The API says how programs leave it out; people untick it. */
const NO_COPIES = "This shop software has no copies to try things in. Without this tick, the new shop is one like any other.";

interface CopyChoiceProps {
  isCopy: boolean;
  onChange: (isCopy: boolean) => void;
  /** What the server refused of the form. */
  refusals: Refused[];
  ref?: Ref<HTMLInputElement>;
}

/** Whether the new shop is one like any other, or a copy to try things in. */
export function CopyChoice({ isCopy, onChange, refusals, ref }: CopyChoiceProps) {
  const refused = refusals.find((item) => item.field === "asCopy");
  const problem = refused?.code === "ENGINE_MISMATCH" ? NO_COPIES : refused?.message;
  return (
    <Panel title="What it is for">
      <Checkbox
        label="A copy to try things in"
        hint={`${WHAT_A_COPY_IS} Its pages say that it is a copy, and it stays one.`}
        error={isCopy ? problem : undefined}
        isChecked={isCopy}
        onChange={onChange}
        ref={ref}
      />
    </Panel>
  );
}
