import "../styles/base.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import SignIn from "./SignIn.svelte";

page.begin();
mount(SignIn, { target: document.body });
