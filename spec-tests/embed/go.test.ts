import { describeEmbedding } from "./embedding.ts";

describeEmbedding("go");
