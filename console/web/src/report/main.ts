import "../styles/base.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import Report from "./Report.svelte";

page.begin();
mount(Report, { target: document.body });
