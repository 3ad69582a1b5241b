import PercussBlueZ
import PercussClient
import PercussCore
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire

/// A link to a device that a command says its own bytes over, without a `Device` that would say anything by itself.
struct OpenedLink: Sendable {
  let link: any DeviceLink
  /// What messages call the device.
  let name: String
  let dialect: any Dialect
  /// What reached a device on the air.
  fileprivate let central: BlueZCentral?
}

extension OpenedDevice {
  /// Connects, makes sure that the device is one of a family that can be told to stop, and does the work.
  ///
  /// - Parameter interruption: ends a search and an attempt to connect; the work sees to the rest.
  func runOverLink<Success: Sendable>(
    until interruption: Interruption, _ work: @escaping @Sendable (OpenedLink) async throws -> Success
  ) throws -> Success {
    switch place {
    case .process(let options, let model, let name):
      let connect = { @Sendable (timeline: any Timeline) in
        try await OpenedLink(options, model: model, named: name, on: timeline)
      }
      if let virtualTimeline {
        return try virtualTimeline.run { try await connect(virtualTimeline).run(work) }
      }
      return try inRealTime(until: interruption, connect, work)
    case .air(let text, let adapter, let timeout):
      return try inRealTime(
        until: interruption,
        { timeline in try await OpenedLink(reaching: text, through: adapter, within: timeout, on: timeline) }, work)
    }
  }

  private func inRealTime<Success: Sendable>(
    until interruption: Interruption, _ connect: @escaping @Sendable (RealTimeline) async throws -> OpenedLink,
    _ work: @escaping @Sendable (OpenedLink) async throws -> Success
  ) throws -> Success {
    guard let realTimeline else { throw CommandFailure(.internalFault, "percuss: no timeline") }
    return try realTimeline.run {
      let connecting = realTimeline.start { try await connect(realTimeline) }
      interruption.whenInterrupted { connecting.cancel() }
      return try await connecting.value.run(work)
    }
  }
}

extension OpenedLink {
  fileprivate init(
    _ options: SimulationOptions, model: SimulatedModel, named name: String, on timeline: any Timeline
  ) async throws {
    dialect = try Self.dialect(
      of: DeviceFamily(name: model.advertisedName, services: [model.service]), named: "sim:\(name)")
    var configuration = SimulatedDevice.Configuration()
    configuration.information.model = "Percuss virtual \(name)"
    let rig = try await SimulatedRig.connect(
      model: model, on: timeline, radio: options.radio, seed: options.seed ?? 0, configuration: configuration)
    (link, self.name, central) = (rig.link, "sim:\(name)", nil)
  }

  fileprivate init(
    reaching text: String, through adapter: AdapterSelection, within timeout: Duration, on timeline: RealTimeline
  ) async throws {
    let deadline = timeline.now.advanced(by: timeout)
    let central = try await BlueZCentral.open(adapter: adapter, on: timeline)
    do {
      let found = try await central.find(text, timeout: timeout)
      let left = max(.seconds(1), timeline.now.duration(to: deadline))
      let link = try await central.connect(to: found.id, timeout: left)
      // Connected, a device has all its services known, whatever it advertises.
      let known = await central.knownDevices().first { $0.id == found.id }
      let family = DeviceFamily(
        name: known?.name ?? found.name, services: found.services + (known?.services ?? []))
      do {
        dialect = try Self.dialect(of: family, named: text)
      } catch {
        await link.disconnect()
        throw error
      }
      // Others on this computer have said something over it already, and the device counts on that.
      guard link.beganConnection else {
        await link.disconnect()
        throw CommandFailure(
          .noDevice,
          "percuss: this computer was connected to \(text) already; end what uses it, or bluetoothctl disconnect, and try again"
        )
      }
      // A shorter interval makes every answer quicker; without it things go on as they are.
      _ = await (link as? BlueZLink)?.requestParameters()
      let name = found.name.map { "\($0) (\(found.id))" } ?? found.id.description
      (self.link, self.name, self.central) = (link, name, central)
    } catch {
      await central.close()
      throw error
    }
  }

  /// - Throws: a failure with status 2 for a family that does not say by itself that its motor rests: nothing may be said to it that is not ours.
  private static func dialect(of family: DeviceFamily?, named name: String) throws -> any Dialect {
    let dialect = try DeviceFamily.dialect(for: family, ratio: nil)
    guard dialect.duties == nil else {
      throw CommandFailure(
        .usage,
        "percuss: \(name) speaks \(dialect.name), and captures are said again to Percuss devices only; percuss capture diff compares two captures of it"
      )
    }
    return dialect
  }

  fileprivate func run<Success: Sendable>(_ work: @Sendable (OpenedLink) async throws -> Success) async throws
    -> Success
  {
    let result: Result<Success, any Error>
    do {
      _ = try await dialect.identify(link)
      result = .success(try await work(self))
    } catch {
      result = .failure(error)
    }
    await link.disconnect()
    await central?.close()
    return try result.get()
  }
}
