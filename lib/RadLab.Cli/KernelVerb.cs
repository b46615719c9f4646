using System.CommandLine;
using System.Runtime.InteropServices;
using RadLab.Notebooks;

namespace RadLab.Cli;

/// <summary><c>radlab kernel ...</c>: the Jupyter kernel for VS Code, JupyterLab and nbconvert.</summary>
internal static class KernelVerb
{
    private const string ServeVerb = "serve";

    public static Command Create() => new("kernel", "RadLab's C# kernel for Jupyter clients (VS Code, JupyterLab, nbconvert).") { Install(), Uninstall(), List(), Serve() };

    private static Command Install()
    {
        var command = new Command("install", "Make the kernel known to Jupyter clients of this user.");
        command.SetAction(_ =>
        {
            foreach (string name in new KernelSpec().Install([.. NotebooksVerb.Program(), "kernel", ServeVerb])) Console.WriteLine($"installed {name}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Uninstall()
    {
        var command = new Command("uninstall", "Remove what install wrote.");
        command.SetAction(_ =>
        {
            var removed = new KernelSpec().Uninstall();
            foreach (string name in removed) Console.WriteLine($"removed {name}");
            if (removed.Count == 0) Console.WriteLine("nothing to remove: RadLab's kernel is not installed for this user");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Show the kernels that Jupyter clients find.");
        command.SetAction(_ =>
        {
            var kernels = new KernelSpec().List();
            foreach (var k in kernels) Console.WriteLine($"{k.Name,-20} {k.DisplayName,-24} {(k.IsOurs ? "RadLab" : "other "),-7} {k.Folder}");
            if (kernels.Count == 0) Console.WriteLine("none; 'radlab kernel install' adds RadLab's");
            return ExitCodes.Done;
        });
        return command;
    }

    // Jupyter clients start this; nobody types it.
    private static Command Serve()
    {
        var file = new Argument<string>("connection-file") { Description = "What the client wrote: addresses and key." };
        var remote = new Option<bool>("--allow-remote") { Description = "Also listen on addresses that other machines reach." };
        var log = new Option<string?>("--log") { HelpName = "FILE", Description = "Append refused and failed requests, without their contents." };
        var command = new Command(ServeVerb, "Serve one client.") { file, remote, log };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            // Ctrl-C in the terminal of the client means the running cell, not the kernel.
            using var ignored = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => c.Cancel = true);
            using var writer = parsed.GetValue(log) is { } path ? new StreamWriter(path, append: true) { AutoFlush = true } : null;
            await KernelServer.RunAsync(parsed.GetValue(file)!, Directory.GetCurrentDirectory(), parsed.GetValue(remote), text => { if (writer is not null) lock (writer) writer.WriteLine(text); }, cancellation);
            // a cell may have left threads that would keep the process
            Environment.Exit(ExitCodes.Done);
            return ExitCodes.Done;
        });
        return command;
    }
}
