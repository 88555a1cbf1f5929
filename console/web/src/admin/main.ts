import "../styles/base.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import Admin from "./Admin.svelte";

page.begin();
mount(Admin, { target: document.body });
