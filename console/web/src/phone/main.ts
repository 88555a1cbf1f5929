import "../styles/base.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import Phone from "./Phone.svelte";

page.begin();
mount(Phone, { target: document.body });
