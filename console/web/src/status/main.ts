import "../styles/base.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import Status from "./Status.svelte";

page.begin();
mount(Status, { target: document.body });
