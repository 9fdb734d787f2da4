import type { CombinedError, OperationResult } from "urql";
import { messageOf } from "./client";

interface Payload {
  errors: { message: string }[];
}

/** Why a mutation was not carried out, or undefined when it was. */
export function refusalOf<Data>(
  { data, error }: Pick<OperationResult<Data>, "data"> & { error?: CombinedError | undefined },
  payload: (data: Data) => Payload,
): string | undefined {
  if (error) return messageOf(error);
  return data ? payload(data).errors[0]?.message : undefined;
}
