import "../styles/base.css";
import "./wall.css";

import { mount } from "svelte";

import { page } from "../text/page.svelte";
import Wall from "./Wall.svelte";

page.begin();
mount(Wall, { target: document.body });
