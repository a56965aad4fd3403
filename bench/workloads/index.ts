import type { Workload } from "../harness/workload.ts";
import { coldStart } from "./cold-start.ts";
import { commit } from "./commit.ts";
import { eight, many, warm } from "./crowd.ts";
import { encrypted } from "./encrypted.ts";
import { firstCommit } from "./first-commit.ts";
import { firstMerge } from "./first-merge.ts";
import { growth } from "./growth.ts";
import { handOverTime } from "./hand-over.ts";
import { installation } from "./install.ts";
import { load } from "./load.ts";
import { merge } from "./merge.ts";
import { silent } from "./silent.ts";
import { store } from "./store.ts";

/** In the order of the tables. */
export const WORKLOADS: readonly Workload[] = [
  commit,
  firstCommit,
  store,
  load,
  eight,
  warm,
  many,
  handOverTime,
  silent,
  coldStart,
  encrypted,
  merge,
  firstMerge,
  growth,
  installation,
];
