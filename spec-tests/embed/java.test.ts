import { describeEmbedding } from "./embedding.ts";

describeEmbedding("java");
