// A figure that moves. Every frame was computed when the site was built; this only shows them. See frames.py.
class Slider extends HTMLElement {
  connectedCallback() {
    Object.assign(this, JSON.parse(this.querySelector("script").textContent)); // sliders, told, parts
    this.elements = [];
    for (const element of this.querySelectorAll("[data-part]"))
      for (const part of element.dataset.part.split(" ")) this.elements[part] = element;
    this.shown = this.parts.map(() => -1);
    this.inputs = [...this.querySelectorAll("input")];
    [this.play, this.reset] = this.querySelectorAll("button");
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    for (const input of this.inputs) {
      input.addEventListener("input", () => this.ask());
      input.addEventListener("change", () => this.keep());
    }
    this.play.addEventListener("click", () => (this.playing ? this.stop() : this.start()));
    this.reset.addEventListener("click", () => {
      this.stop();
      this.enter(this.sliders.map((slider) => slider.begin));
      this.keep();
    });
    // The address of the page may say where the sliders stand: ?descent-and-flow.eta=0.19
    const asked = new URLSearchParams(location.search);
    this.enter(
      this.sliders.map(({ name, values, begin }) => {
        const value = parseFloat(asked.get(`${this.dataset.name}.${name}`));
        const far = values.map((stop) => Math.abs(stop - value));
        return isNaN(value) ? begin : far.indexOf(Math.min(...far));
      }),
    );
  }

  enter(stops) {
    this.inputs.forEach((input, n) => (input.value = stops[n]));
    this.show();
  }

  keep() {
    const address = new URL(location.href);
    this.sliders.forEach(({ name, values, begin }, n) => {
      const stop = +this.inputs[n].value;
      if (stop === begin) address.searchParams.delete(`${this.dataset.name}.${name}`);
      else address.searchParams.set(`${this.dataset.name}.${name}`, values[stop]);
    });
    address.hash = `figure-${this.dataset.name}`;
    history.replaceState(null, "", address);
  }

  // However often a slider reports that it moved, a frame of the screen shows one drawing.
  ask() {
    this.asked ??= requestAnimationFrame(() => this.show());
  }

  show() {
    this.asked = undefined;
    const frame = this.inputs.reduce((at, input, n) => at * this.sliders[n].values.length + +input.value, 0);
    this.parts.forEach(([what, values, of], n) => {
      if (of[frame] !== this.shown[n]) put(this.elements[n], what, values[(this.shown[n] = of[frame])]);
    });
    this.querySelector(".gd-told").textContent = this.told[frame];
    this.inputs.forEach((input) => input.setAttribute("aria-valuetext", this.told[frame]));
  }

  // With reduced motion a press moves on by one stop, and nothing moves by itself.
  start() {
    const [input] = this.inputs;
    if (input.value === input.max) input.value = 0;
    else if (this.still.matches) input.value++;
    this.show();
    if (this.still.matches) return this.keep();
    this.play.textContent = "Pause";
    this.playing = setInterval(() => {
      input.value++;
      this.ask();
      if (input.value === input.max) this.stop();
    }, 150);
  }

  stop() {
    if (!this.playing) return;
    this.playing = clearInterval(this.playing);
    this.play.textContent = "Play";
    this.keep();
  }
}

function put(element, what, value) {
  if (what === "text") element.textContent = value;
  else if (what === "markup") element.innerHTML = value;
  else if (what === "marks") {
    const at = value.split(" ");
    while (element.children.length * 2 > at.length) element.lastChild.remove();
    while (element.children.length * 2 < at.length) element.append(element.firstChild.cloneNode());
    at.forEach((number, n) => element.children[n >> 1].setAttribute(n % 2 ? "y" : "x", number));
  } else element.setAttribute(what, value);
}

customElements.define("gd-slider", Slider);
