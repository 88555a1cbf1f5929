import "../styles/base.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import Unit from "./Unit.svelte";

page.begin();
mount(Unit, { target: document.body });
