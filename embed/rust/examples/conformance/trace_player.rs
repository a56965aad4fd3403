use base64::prelude::{Engine as _, BASE64_STANDARD};
use serde_json::{json, Value};
use wasmi::{Caller, Engine, Error, Extern, Instance, Linker, Module, Store, Val};

use crate::Outcome;

#[derive(Clone, Copy, PartialEq)]
enum Given {
    Nothing,
    Number,
    Bytes,
}

/// The asynchronous imports of docs/host-interface.md, and what each is given after the operation id.
const IMPORTS: [(&str, &str, Given); 17] = [
    ("store", "stat", Given::Nothing),
    ("store", "read", Given::Nothing),
    ("store", "replace", Given::Bytes),
    ("store", "remove", Given::Nothing),
    ("store", "set_aside", Given::Nothing),
    ("cipher", "protect", Given::Bytes),
    ("cipher", "unprotect", Given::Bytes),
    ("lock", "create", Given::Nothing),
    ("lock", "inspect", Given::Nothing),
    ("lock", "take_over", Given::Bytes),
    ("lock", "check", Given::Nothing),
    ("lock", "touch", Given::Nothing),
    ("lock", "release", Given::Nothing),
    ("lock", "wait", Given::Number),
    ("lock", "process_alive", Given::Number),
    ("clock", "sleep", Given::Number),
    ("session", "edit", Given::Bytes),
];

/// Plays scripts, with outcomes from a list.
pub struct TracePlayer {
    module: Module,
    linker: Linker<World>,
}

/// What the imports see.
struct World {
    now: f64,
    random: f64,
    observed: Vec<Value>,
    /// The operation whose outcome the core waits for.
    operation: Option<i32>,
}

impl TracePlayer {
    pub fn new(portable: &[u8]) -> Outcome<TracePlayer> {
        let engine = Engine::default();
        let mut linker = Linker::new(&engine);
        for (group, name, given) in IMPORTS {
            linker.func_wrap(group, name, move |caller: Caller<World>, operation: i32, first: i32, length: i32| {
                called(caller, format!("{group}.{name}"), given, operation, (first, length))
            })?;
        }
        linker.func_wrap("clock", "now", |caller: Caller<World>| caller.data().now)?;
        linker.func_wrap("clock", "random", |caller: Caller<World>| caller.data().random)?;
        linker.func_wrap(
            "log",
            "write",
            |mut caller: Caller<World>, _level: i32, code: i32, _at: i32, _length: i32| {
                caller.data_mut().observed.push(json!({"log": code}));
            },
        )?;
        Ok(TracePlayer { module: Module::new(&engine, portable)?, linker })
    }

    pub fn play(&self, request: &Value) -> Outcome<Vec<Value>> {
        let number = |name: &str| request[name].as_f64().unwrap_or_default();
        let world = World { now: number("now"), random: number("random"), observed: Vec::new(), operation: None };
        let mut store = Store::new(self.linker.engine(), world);
        let instance = self.linker.instantiate_and_start(&mut store, &self.module)?;
        let mut play = Play { store, instance, script: request["script"].as_array().ok_or("no script")? };
        let settings = [int(&request["maxBytes"]), int(&request["timeoutMs"]), Val::I64(0)];
        play.call("configure", &settings)?;
        play.call("configure_cipher", &[Val::I32(i32::from(request["cipher"] == true))])?;
        play.play()?;
        Ok(play.store.into_data().observed)
    }
}

fn called(
    mut caller: Caller<World>,
    name: String,
    given: Given,
    op: i32,
    (first, length): (i32, i32),
) -> Result<(), Error> {
    let mut note = json!({"call": name});
    if given == Given::Number {
        note["value"] = (first as u32).into();
    }
    if given == Given::Bytes {
        let Some(Extern::Memory(memory)) = caller.get_export("memory") else { return Err(Error::new("no memory")) };
        let range = first as u32 as usize..first as u32 as usize + length as u32 as usize;
        let bytes = memory.data(&caller).get(range).ok_or_else(|| Error::new("outside the memory"))?;
        note["bytes"] = BASE64_STANDARD.encode(bytes).into();
    }
    let world = caller.data_mut();
    world.observed.push(note);
    world.operation = Some(op);
    Ok(())
}

struct Play<'a> {
    store: Store<World>,
    instance: Instance,
    script: &'a [Value],
}

impl Play<'_> {
    fn play(&mut self) -> Outcome<()> {
        while let Some((step, rest)) = self.script.split_first() {
            if step["start"].is_null() {
                return self.note(json!({"stopped": "an answer that nobody waits for"}));
            }
            self.script = rest;
            if !self.operate(step)? {
                return self.note(json!({"stopped": "a call without an answer"}));
            }
        }
        Ok(())
    }

    /// False: the core called what the script has no answer for.
    fn operate(&mut self, step: &Value) -> Outcome<bool> {
        let refused = self.start(step)?;
        if refused != 0 {
            self.note(json!({"refused": refused}))?;
        } else {
            while self.call("poll", &[])? == 0 {
                if !self.complete()? {
                    return Ok(false);
                }
            }
            let end = self.end()?;
            self.note(json!({"end": end}))?;
        }
        self.call("reset", &[])?;
        Ok(true)
    }

    fn start(&mut self, step: &Value) -> Outcome<i32> {
        let name = step["start"].as_str().ok_or("no name")?;
        if name != "commit" {
            return self.call(name, &[]);
        }
        let [base, base_length] =
            if step["base"].is_null() { [Val::I32(0), Val::I32(0)] } else { self.put(&step["base"])? };
        let [ours, ours_length] = self.put(&step["ours"])?;
        let current = Val::I32(i32::from(step["baseIsCurrent"] == true));
        self.call(name, &[base, base_length, ours, ours_length, current])
    }

    fn complete(&mut self) -> Outcome<bool> {
        let Some((answer, rest)) = self.script.split_first().filter(|(step, _)| step["start"].is_null()) else {
            return Ok(false);
        };
        let Some(operation) = self.store.data_mut().operation.take() else { return Ok(false) };
        self.script = rest;
        self.store.data_mut().now += answer["passMs"].as_f64().unwrap_or_default();
        let [payload, length] = self.put(&answer["payload"])?;
        self.call("complete", &[Val::I32(operation), int(&answer["status"]), payload, length])?;
        Ok(true)
    }

    fn end(&mut self) -> Outcome<Value> {
        let at = self.call("result", &[])?;
        let record = self.bytes(at as u32, 64)?;
        let word = |at: usize| u32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]]);
        let data = BASE64_STANDARD.encode(self.bytes(word(12), word(16))?);
        let detail = String::from_utf8(self.bytes(word(40), word(44))?)?;
        Ok(json!({"record": BASE64_STANDARD.encode(&record), "data": data, "detail": detail}))
    }

    fn note(&mut self, note: Value) -> Outcome<()> {
        self.store.data_mut().observed.push(note);
        Ok(())
    }

    fn call(&mut self, name: &str, arguments: &[Val]) -> Outcome<i32> {
        let function = self.instance.get_func(&self.store, name).ok_or("not an export")?;
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function.call(&mut self.store, arguments, &mut results)?;
        Ok(results.first().and_then(Val::i32).unwrap_or(0))
    }

    fn put(&mut self, encoded: &Value) -> Outcome<[Val; 2]> {
        let content = BASE64_STANDARD.decode(encoded.as_str().ok_or("no base64")?)?;
        let length = content.len() as i32;
        let pointer = self.call("alloc", &[Val::I32(length)])?;
        let memory = self.instance.get_memory(&self.store, "memory").ok_or("no memory")?;
        memory.write(&mut self.store, pointer as u32 as usize, &content)?;
        Ok([Val::I32(pointer), Val::I32(length)])
    }

    fn bytes(&self, pointer: u32, length: u32) -> Outcome<Vec<u8>> {
        let memory = self.instance.get_memory(&self.store, "memory").ok_or("no memory")?;
        let range = pointer as usize..pointer as usize + length as usize;
        Ok(memory.data(&self.store).get(range).ok_or("outside the memory")?.to_vec())
    }
}

fn int(value: &Value) -> Val {
    Val::I32(value.as_i64().unwrap_or_default() as i32)
}
