import "../styles/base.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import Inbox from "./Inbox.svelte";

page.begin();
mount(Inbox, { target: document.body });
