internal import CDBus
internal import PercussTime

/// Offering objects that others call.
extension BusConnection {
  /// Lets others call the object, from now until ``unexport(_:)`` or the end of the connection.
  ///
  /// - Throws: ``DBusFailure/invalid(_:)`` when there is an object at the path, or its description has an invalid name; ``DBusFailure/disconnected``.
  public func export(_ object: any ExportedObject, at path: ObjectPath) throws(DBusFailure) {
    guard socket != nil else { throw .disconnected }
    for interface in object.interfaces {
      guard BusNames.isInterface(interface.name) else {
        throw .invalid("\(interface.name.debugDescription) is no name of an interface")
      }
      let members =
        interface.methods.map(\.name) + interface.properties.map(\.name) + interface.signals.map(\.name)
      for member in members where !BusNames.isMember(member) {
        throw .invalid("\(member.debugDescription), in \(interface.name), is no name of a method, property or signal")
      }
    }
    guard exports.add(object, at: path) else { throw .invalid("there is an object at \(path) already") }
  }

  /// Takes the object at the path away; calls of it that are under way may still be answered. Says nothing on the bus.
  public func unexport(_ path: ObjectPath) {
    exports.remove(path)
  }

  /// Answers `GetManagedObjects` at the root with everything that is exported below it. Changes are told by ``announce(_:under:)`` and
  /// ``announceRemoval(of:interfaces:under:)`` alone: when, and in which order, is the caller's choice.
  public func exportObjectManager(at root: ObjectPath) {
    exports.addRoot(root)
  }

  /// Sends `InterfacesAdded` with all interfaces and properties of the object at the path, as they are now.
  ///
  /// - Throws: ``DBusFailure/invalid(_:)`` when there is none; what ``emit(_:)`` throws.
  public func announce(_ path: ObjectPath, under root: ObjectPath) throws(DBusFailure) {
    guard let object = exports.object(at: path) else { throw .invalid("there is no object at \(path) to announce") }
    try emit(
      Signal(
        path: root, interface: StandardInterface.objectManager.name, member: "InterfacesAdded",
        arguments: [.objectPath(path), object.interfacesAndProperties]))
  }

  /// Sends `InterfacesRemoved`.
  public func announceRemoval(
    of path: ObjectPath, interfaces: [String], under root: ObjectPath
  ) throws(DBusFailure) {
    try emit(
      Signal(
        path: root, interface: StandardInterface.objectManager.name, member: "InterfacesRemoved",
        arguments: [.objectPath(path), .strings(interfaces)]))
  }

  /// Sends `PropertiesChanged`.
  public func emitPropertiesChanged(
    _ path: ObjectPath, interface: String, changed: [String: DBusValue], invalidated: [String] = []
  ) throws(DBusFailure) {
    try emit(
      Signal(
        path: path, interface: StandardInterface.properties.name, member: "PropertiesChanged",
        arguments: [.string(interface), .properties(changed), .strings(invalidated)]))
  }

  // MARK: Calls that arrive

  func receiveCall(_ message: borrowing Message) {
    let caller = Caller(sender: message.sender, serial: message.serial, expectsReply: message.expectsReply)
    guard let path = message.path, let member = message.member else {
      counts.ignored += 1
      return
    }
    do throws(DBusErrorReply) {
      let arguments: [DBusValue]
      do throws(DBusFailure) {
        arguments = try message.values(limit: limits.values, byteLimit: limits.messageBytes)
      } catch {
        counts.unreadable += 1
        throw DBusErrorReply(DBusErrorName.limitsExceeded, "The arguments cannot be read: \(error)")
      }
      let request = Request(
        caller: caller, path: path, interface: message.interface, member: member, signature: message.signature,
        arguments: arguments)
      if let values = try answerItself(request) {
        answer(caller, .success(values))
      } else {
        try handToObject(request)
      }
    } catch {
      answer(caller, .failure(error))
    }
  }

  private struct Caller {
    let sender: String
    let serial: UInt32
    let expectsReply: Bool
  }

  private struct Request {
    let caller: Caller
    let path: ObjectPath
    let interface: String?
    let member: String
    let signature: String
    let arguments: [DBusValue]

    /// Whether this is a call of the interface's method, or of a method of that name in no particular interface.
    func isFor(_ description: InterfaceDescription) -> Bool {
      if let interface { return interface == description.name }
      return description.methods.contains { $0.name == member }
    }

    /// The method, when the call has the arguments that it takes.
    func method(of description: InterfaceDescription) -> InterfaceDescription.Method? {
      description.methods.first { method in
        method.name == member && method.inputs.map(\.type.description).joined() == signature
      }
    }

    /// The error of libdbus and of BlueZ for it.
    var unknownMethod: DBusErrorReply {
      DBusErrorReply(
        DBusErrorName.unknownMethod,
        "Method \"\(member)\" with signature \"\(signature)\" on interface \"\(interface ?? "(null)")\" doesn't exist\n"
      )
    }
  }

  private func handToObject(_ request: Request) throws(DBusErrorReply) {
    guard let object = exports.object(at: request.path) else { throw unknown(request) }
    guard let interface = object.interfaces.first(where: { request.isFor($0) }),
      request.method(of: interface) != nil
    else { throw request.unknownMethod }
    let caller = request.caller
    let (own, all) = (unanswered[caller.sender] ?? 0, unansweredCount)
    guard own < limits.unansweredCallsOfOne, all < limits.unansweredCalls else {
      throw DBusErrorReply(
        DBusErrorName.limitsExceeded, "\(own) of your calls, and \(all) of everybody, wait for their answers")
    }
    unanswered[caller.sender] = own + 1
    unansweredCount += 1
    object.handle(
      IncomingCall(
        sender: caller.sender, path: request.path, interface: interface.name, member: request.member,
        arguments: request.arguments, expectsReply: caller.expectsReply
      ) { [weak self] result in
        self?.onTimeline { connection in
          connection.ended(caller)
          connection.answer(caller, result)
        }
      })
  }

  private func ended(_ caller: Caller) {
    unansweredCount -= 1
    let own = (unanswered[caller.sender] ?? 1) - 1
    unanswered[caller.sender] = own > 0 ? own : nil
  }

  private func unknown(_ request: Request) -> DBusErrorReply {
    guard !exports.isKnown(request.path) else { return request.unknownMethod }
    return DBusErrorReply(
      DBusErrorName.unknownObject,
      "Method \"\(request.member)\" with signature \"\(request.signature)\" on interface \"\(request.interface ?? "(null)")\" doesn't exist\n"
    )
  }

  private func answer(_ caller: Caller, _ result: Result<[DBusValue], DBusErrorReply>) {
    guard caller.expectsReply else { return }
    do throws(DBusFailure) {
      let message: Message
      do throws(DBusFailure) {
        message = try Message.answer(
          result, toSerial: caller.serial, from: caller.sender, byteLimit: limits.messageBytes)
      } catch {
        // An answer that cannot be sent must not leave the caller waiting.
        message = try Message.answer(
          .failure(DBusErrorReply(DBusErrorName.failed, "The answer was \(error)")), toSerial: caller.serial,
          from: caller.sender, byteLimit: limits.messageBytes)
      }
      _ = try transmit(message)
    } catch {
      counts.dropped += 1
    }
  }

  // MARK: The standard interfaces

  /// The values that the connection itself answers with; nil when the call is for the object.
  private func answerItself(_ request: Request) throws(DBusErrorReply) -> [DBusValue]? {
    if request.isFor(StandardInterface.peer) { return try answerPeer(request) }
    if request.isFor(StandardInterface.introspectable) { return try introspect(request) }
    if request.isFor(StandardInterface.properties) { return try answerProperties(request) }
    if request.isFor(StandardInterface.objectManager), exports.isRoot(request.path) {
      guard request.method(of: StandardInterface.objectManager) != nil else { throw request.unknownMethod }
      let objects = exports.objects(below: request.path).map { path, object in
        DBusValue.Entry(.objectPath(path), object.interfacesAndProperties)
      }
      return [.dictionary(objects, key: .objectPath, value: Signature(unchecked: "a{sa{sv}}"))]
    }
    return nil
  }

  private func answerPeer(_ request: Request) throws(DBusErrorReply) -> [DBusValue] {
    guard let method = request.method(of: StandardInterface.peer) else { throw request.unknownMethod }
    guard method.name == "GetMachineId" else { return [] }
    var error = unsafe DBusError()
    unsafe dbus_error_init(&error)
    defer { unsafe dbus_error_free(&error) }
    guard let identifier = unsafe dbus_try_get_local_machine_id(&error) else {
      throw DBusErrorReply(DBusErrorName.failed, "This machine has no identifier")
    }
    defer { unsafe dbus_free(identifier) }
    return [.string(unsafe String(cString: identifier))]
  }

  private func introspect(_ request: Request) throws(DBusErrorReply) -> [DBusValue] {
    guard request.method(of: StandardInterface.introspectable) != nil else { throw request.unknownMethod }
    let children = exports.children(of: request.path)
    let object = exports.object(at: request.path)
    guard object != nil || exports.isRoot(request.path) || !children.isEmpty else { throw unknown(request) }
    var interfaces = [StandardInterface.peer, StandardInterface.introspectable]
    if exports.isRoot(request.path) { interfaces.append(StandardInterface.objectManager) }
    if let object { interfaces += [StandardInterface.properties] + object.interfaces }
    return [.string(IntrospectionText(interfaces: interfaces, children: children).text)]
  }

  private func answerProperties(_ request: Request) throws(DBusErrorReply) -> [DBusValue] {
    guard let method = request.method(of: StandardInterface.properties) else { throw request.unknownMethod }
    guard let object = exports.object(at: request.path) else { throw unknown(request) }
    guard let name = request.arguments.first?.string, let interface = object.interface(name) else {
      // The standard interfaces have no properties, and no others are asked for without mistake.
      if method.name == "GetAll", Self.standardNames.contains(request.arguments.first?.string ?? "") {
        return [.properties([:])]
      }
      throw DBusErrorReply(
        DBusErrorName.invalidArguments, "No such interface '\(request.arguments.first?.string ?? "")'")
    }
    if method.name == "GetAll" { return [object.properties(of: interface)] }
    let wanted = request.arguments.count > 1 ? request.arguments[1].string ?? "" : ""
    guard let property = interface.properties.first(where: { $0.name == wanted }) else {
      throw DBusErrorReply(DBusErrorName.invalidArguments, "No such property '\(wanted)'")
    }
    if method.name == "Get" {
      guard property.access != .write, let value = object.property(wanted, of: name) else {
        throw DBusErrorReply(DBusErrorName.invalidArguments, "No such property '\(wanted)'")
      }
      return [.variant(value)]
    }
    guard property.access != .read else { throw .propertyReadOnly(wanted) }
    guard request.arguments.count > 2, case .variant(let value) = request.arguments[2], value.hasType(property.type)
    else { throw DBusErrorReply(DBusErrorName.invalidSignature, "Invalid signature for '\(wanted)'") }
    if let refusal = object.setProperty(wanted, of: name, to: value, sender: request.caller.sender) { throw refusal }
    return []
  }

  private static let standardNames: Set<String> = [
    StandardInterface.peer.name, StandardInterface.introspectable.name, StandardInterface.properties.name,
    StandardInterface.objectManager.name,
  ]
}
