import "../styles/base.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import Articles from "./Articles.svelte";

page.begin();
mount(Articles, { target: document.body });
