import "../styles/base.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import Desk from "./Desk.svelte";

page.begin();
mount(Desk, { target: document.body });
