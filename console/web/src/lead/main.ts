import "../styles/base.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import Lead from "./Lead.svelte";

page.begin();
mount(Lead, { target: document.body });
