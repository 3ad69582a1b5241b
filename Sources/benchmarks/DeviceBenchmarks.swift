import Foundation
import PercussClient
import PercussCore
import PercussLink
import PercussRoutine
import PercussSimulator
import PercussTime
import PercussWire

/// How many inputs a second the device itself takes while its motor turns: ticks at the instants that it asks for, and a keep-alive each half second.
func coreSteps() -> Benchmark {
  Benchmark(
    name: "core.steps", unit: "inputs per second", goal: nil,
    ours: {
      var run = DrivenDevice()
      var inputs = 0
      let time = nanoseconds { inputs = run.drive(for: 600) }
      precondition(run.isTurning, "the device of the benchmark does not turn")
      return Double(inputs) / time * 1e9
    },
    baseline: nil)
}

/// A device that is driven by hand, in its own time.
private struct DrivenDevice {
  private var device = DeviceCore(model: .elite)
  private var actions = DeviceActions()
  private var now: UInt64 = 0
  private var sequence: UInt8 = 0
  private let central = CentralNumber(0)

  init() {
    device.handle(.connected(central), at: DeviceInstant(microseconds: now), into: &actions)
    device.handle(.subscribed(central, .controlPoint, true), at: DeviceInstant(microseconds: now), into: &actions)
    request(.requestControl(leaseMilliseconds: 2000, lossPolicy: .stop))
    request(.setSpeed(speedPPM: 1900, rampMilliseconds: 500))
  }

  var isTurning: Bool { device.truth.speedMilliPPM > 1_800_000 }

  private mutating func request(_ body: ControlRequest.Body) {
    sequence &+= 1
    guard let bytes = try? ControlRequest(sequence: sequence, flags: [], body: body).bytes() else { return }
    let instant = DeviceInstant(microseconds: now)
    _ = device.write(bytes.span.bytes, to: .controlPoint, from: central, at: instant, into: &actions)
    device.handle(.indicationConfirmed(central), at: instant, into: &actions)
    actions.removeAll()
  }

  /// The number of inputs in that many seconds of the device's time.
  mutating func drive(for seconds: UInt64) -> Int {
    let end = now + seconds * 1_000_000
    var inputs = 0
    var nextRequest = now + 500_000
    while now < end {
      let due = device.nextDeadline?.microseconds ?? nextRequest
      if due < nextRequest {
        now = max(now, due)
        device.handle(.tick, at: DeviceInstant(microseconds: now), into: &actions)
        actions.removeAll()
        inputs += 1
      } else {
        now = nextRequest
        nextRequest += 500_000
        request(.keepAlive)
        inputs += 2
      }
    }
    return inputs
  }
}

/// How much faster than real time the longest example plays on the whole stack: device, radio, client and player on the virtual clock.
///
/// - Throws: when an example cannot be read or played.
func simulationSpeed() throws -> Benchmark {
  let document = try longestExample()
  return Benchmark(
    name: "simulation.speed", unit: "simulated s per s", goal: .atLeast(1200),
    ours: {
      var seconds = 0.0
      let time = nanoseconds { seconds = (try? play(document)) ?? .nan }
      precondition(seconds > 0, "the routine of the benchmark did not complete")
      return seconds / time * 1e9
    },
    baseline: { 1 })
}

private func longestExample() throws -> RoutineDocument {
  let folder = URL(filePath: "protocol-spec/examples")
  let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    .filter { ["yaml", "json"].contains($0.pathExtension) }
  let limits = DeviceLimits(DeviceCore(model: .elite).feature)
  let plans = try files.map { file in
    let document = try RoutineDocument.parse([UInt8](Data(contentsOf: file)), name: file.lastPathComponent)
    return (document, try Plan(compiling: document, for: limits, mode: .uploaded).nominalDuration)
  }
  guard let longest = plans.max(by: { $0.1 < $1.1 }) else { throw CocoaError(.fileNoSuchFile) }
  return longest.0
}

/// Plays the document and returns how much virtual time that took, in seconds.
private func play(_ document: RoutineDocument) throws -> Double {
  let timeline = VirtualTimeline()
  return try timeline.run {
    let rig = try await SimulatedRig.connect(model: .elite, on: timeline)
    let device = try await Device.connect(over: rig.link)
    let plan = try Plan(compiling: document, for: DeviceLimits(device.feature), mode: .uploaded)
    let context = RunContext(
      device: DeviceDescription(
        name: "sim:elite", model: nil, firmware: nil, isSimulated: true, feature: .init(device.feature)),
      link: LinkDescription(
        transport: "memory", connectionIntervalMicroseconds: nil,
        maximumTransmissionUnit: rig.link.maximumTransmissionUnit),
      isVirtualTime: true)
    let report = await RoutinePlayer(plan, on: device, context: context, confirm: { _ in true }).play()
    guard report.outcome == .completed else { throw CancellationError() }
    return Double(timeline.now.nanoseconds) / 1e9
  }
}
