import "../styles/base.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import { Release } from "./release.svelte";
import Unit from "./Unit.svelte";
import { beginWorker } from "./worker";

page.begin();
const release = new Release(new URL(import.meta.url).pathname, "/unit");
mount(Unit, { target: document.body, props: { release } });
beginWorker();
