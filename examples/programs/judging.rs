//! How often gates are wrong about simulated canaries: a table in Markdown, the same at each call.
//!
//! `cargo run --example judging`

use std::time::Duration;

use regal_inventory::judge::{Course, Number, Samples, missed};
use regal_inventory::policy::Gate;
use regal_inventory::policy::gates::{By, Compare, Measure, Number as Given, Range};
use regal_inventory::record::Health;

/// Canaries of each kind.
const CANARIES: usize = 1000;
/// Hosts of the canary, and those beside it.
const HOSTS: (usize, usize) = (2, 20);
const BAKE: u64 = 600;
const INTERVAL: u64 = 30;

/// What is simulated: a value for each host and measurement.
#[derive(Clone, Copy)]
struct World {
    name: &'static str,
    /// What a host measures when all is well, and what a sick canary's is multiplied by.
    normal: f64,
    sick: f64,
    /// How much measurements differ, and how much hosts do, as a share.
    noise: f64,
    of_hosts: f64,
    /// How much the hour matters, to all hosts alike.
    of_hour: f64,
}

/// xorshift64*, so that the table is the same everywhere.
struct Dice(u64);

impl Dice {
    fn even(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A factor that is 1 in the middle, and as often above as below.
    fn factor(&mut self, spread: f64) -> f64 {
        let (one, two) = (self.even().max(f64::MIN_POSITIVE), self.even());
        (spread * (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * two).cos()).exp()
    }
}

/// How a gate is set.
#[derive(Clone, Copy)]
enum Setting {
    Threshold(f64),
    Ratio { max: f64, significance: Option<f64> },
}

fn main() {
    let latency = World { name: "latency +20 %", normal: 0.1, sick: 1.2, noise: 0.05, of_hosts: 0.0, of_hour: 0.1 };
    let errors = World { name: "errors × 2", normal: 0.01, sick: 2.0, noise: 0.3, of_hosts: 0.0, of_hour: 0.2 };
    let worlds = [
        latency,
        World { noise: 0.2, ..latency },
        World { noise: 0.5, ..latency },
        World { noise: 0.2, of_hosts: 0.05, ..latency },
        errors,
        World { noise: 0.6, ..errors },
        World { noise: 0.6, of_hosts: 0.1, ..errors },
    ];
    println!(
        "{CANARIES} healthy and {CANARIES} sick canaries of {} hosts beside {} for each row, {} measurements each. \
         Measurements of one host differ by the noise, hosts by theirs, and the hour moves all of them \
         (by 10 % for latency, 20 % for errors). Each pair is false alarms / sick ones found.\n",
        HOSTS.0,
        HOSTS.1,
        BAKE / INTERVAL + 1
    );
    println!("| sick is | noise | hosts differ by | threshold | ratio | ratio, `significance: 0.05` | `0.01` |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for world in worlds {
        let max = f64::midpoint(1.0, world.sick);
        let ratio = |significance| Setting::Ratio { max, significance };
        let settings = [Setting::Threshold(world.normal * max), ratio(None), ratio(Some(0.05)), ratio(Some(0.01))];
        let cells: Vec<String> = settings.iter().map(|setting| cell(world, *setting)).collect();
        let share = |part: f64| format!("{:.0} %", part * 100.0);
        println!("| {} | {} | {} | {} |", world.name, share(world.noise), share(world.of_hosts), cells.join(" | "));
    }
    println!(
        "\nThe limit is half way in each row: 1.1 for latency, 1.5 for errors, of what is normal or of the others' mean."
    );
}

fn cell(world: World, setting: Setting) -> String {
    let mut dice = Dice(23);
    let mut share = |sick: f64| {
        let ill = (0..CANARIES).filter(|_| !is_well(world, sick, setting, &mut dice)).count();
        format!("{:.1} %", ill as f64 * 100.0 / CANARIES as f64)
    };
    format!("{} / {}", share(1.0), share(world.sick))
}

/// Goes through the watch of one canary.
fn is_well(world: World, sick: f64, setting: Setting, dice: &mut Dice) -> bool {
    let mut course = Course::new(&gate(), Duration::from_secs(BAKE));
    let mut samples = Samples::default();
    let hour = world.normal * dice.factor(world.of_hour);
    let mut hosts = |number: usize, times: f64| -> Vec<f64> {
        (0..number).map(|_| hour * times * dice.factor(world.of_hosts)).collect()
    };
    let (batch, others) = (hosts(HOSTS.0, sick), hosts(HOSTS.1, 1.0));
    while let Some(due) = course.due() {
        course.begin(due);
        let mut measure = |hosts: &[f64]| -> Vec<Number> {
            hosts.iter().filter_map(|host| Number::new(host * dice.factor(world.noise))).collect()
        };
        let (batch, others) = (measure(&batch), measure(&others));
        course.take(match setting {
            Setting::Threshold(max) => {
                let mean = batch.iter().map(|value| value.get()).sum::<f64>() / batch.len() as f64;
                if missed(range(max), mean).is_some() { Health::Failed } else { Health::Ok }
            }
            Setting::Ratio { max, significance } => {
                samples.add(&batch, &others);
                let significance = significance.and_then(given);
                let compare = Compare { by: By::Ratio, range: range(max), min_samples: 10, significance };
                samples.judge(&compare, course.looks()).verdict
            }
        });
    }
    course.said() == Some(Health::Ok)
}

fn gate() -> Gate {
    Gate {
        name: "gate".to_string(),
        interval: INTERVAL,
        initial_delay: 0,
        failure_limit: 0,
        inconclusive_limit: 0,
        timeout_ms: 1000,
        measure: Measure::Command(Vec::new()),
    }
}

fn given(number: f64) -> Option<Given> {
    Given::parse(&number.to_string())
}

fn range(max: f64) -> Range {
    Range { min: None, max: given(max) }
}
