using System.Net;
using System.Text.Json;
using RadLab.Notebooks;

namespace RadLab.Tests;

public sealed class KernelSetupTests
{
    private static string Connection(string changes = "") =>
        $$"""{"transport":"tcp","signature_scheme":"hmac-sha256","ip":"127.0.0.1","key":"k","shell_port":1,"iopub_port":2,"stdin_port":3,"control_port":4,"hb_port":5{{changes}}}""";

    [Fact]
    public void A_connection_file_is_read()
    {
        using var folder = new TemporaryFolder();
        var file = ConnectionFile.Load(folder.Write("c.json", Connection(",\"kernel_name\":\"x\"")), allowRemote: false);
        Assert.Equal(new ConnectionFile(IPAddress.Loopback, 1, 2, 3, 4, 5, "k"), file);
    }

    [Theory]
    [InlineData("{", "not a connection file of Jupyter")]
    [InlineData("{\"transport\":\"tcp\"}", "not a connection file of Jupyter")]
    [InlineData("tcp=>ipc", "transport 'ipc' is not supported, only tcp")]
    [InlineData("hmac-sha256=>hmac-md5", "signature scheme 'hmac-md5' is not supported, only hmac-sha256")]
    [InlineData("\"k\"=>\"\"", "the key is empty")]
    [InlineData("127.0.0.1=>0.0.0.0", "the address 0.0.0.0 can be reached from other machines; use 127.0.0.1")]
    [InlineData("127.0.0.1=>here", "'here' is not an IP address")]
    [InlineData(":5=>:70000", "hb_port must be 0 to 65535, got 70000")]
    public void Unsafe_and_broken_connection_files_are_refused(string change, string message)
    {
        using var folder = new TemporaryFolder();
        string[] parts = change.Split("=>");
        string path = folder.Write("c.json", parts.Length == 2 ? Connection().Replace(parts[0], parts[1], StringComparison.Ordinal) : change);
        Assert.StartsWith($"{path}: {message}", Assert.Throws<KernelException>(() => ConnectionFile.Load(path, allowRemote: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Remote_addresses_are_taken_when_allowed()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(IPAddress.Any, ConnectionFile.Load(folder.Write("c.json", Connection().Replace("127.0.0.1", "0.0.0.0", StringComparison.Ordinal)), allowRemote: true).Address);
    }

    [Fact]
    public void Installing_writes_both_names_and_uninstalling_removes_only_them()
    {
        using var folder = new TemporaryFolder();
        var specs = new KernelSpec([folder.Path]);
        Assert.Equal([KernelSpec.OwnName, KernelSpec.InheritedName], specs.Install(["radlab", "kernel", "serve"]));
        using (var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Path, "kernels", "radlab-csharp", "kernel.json"))))
        {
            Assert.Equal(["radlab", "kernel", "serve", "{connection_file}"], json.RootElement.GetProperty("argv").EnumerateArray().Select(a => a.GetString()));
            // a program of its own must find the runtime also where a desktop, not a shell, has started the editor
            Assert.True(File.Exists(Path.Combine(json.RootElement.GetProperty("env").GetProperty("DOTNET_ROOT").GetString()!, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet")));
            Assert.Equal(("C#", "message"), (json.RootElement.GetProperty("language").GetString(), json.RootElement.GetProperty("interrupt_mode").GetString()));
        }
        specs.Install(["/opt/dotnet", "radlab.dll", "kernel", "serve"]);
        using (var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Path, "kernels", "radlab-csharp", "kernel.json")))) Assert.Equal("{}", json.RootElement.GetProperty("env").GetRawText());
        folder.Write("kernels/python3/kernel.json", "{\"display_name\":\"Python 3\"}");
        Assert.Equal([".net-csharp True", "python3 False", "radlab-csharp True"], specs.List().Select(k => $"{k.Name} {k.IsOurs}"));
        Assert.Equal([".net-csharp", "radlab-csharp"], specs.Uninstall());
        Assert.Equal("python3", Assert.Single(specs.List()).Name);
        Assert.Empty(specs.Uninstall());
    }

    [Fact]
    public void A_real_dotnet_kernel_keeps_its_name()
    {
        using var own = new TemporaryFolder();
        using var system = new TemporaryFolder();
        system.Write("kernels/.net-csharp/kernel.json", "{\"display_name\":\".NET (C#)\",\"argv\":[\"dotnet\",\"interactive\"]}");
        Assert.Equal([KernelSpec.OwnName], new KernelSpec([own.Path, system.Path]).Install(["radlab"]));
        Assert.False(Directory.Exists(Path.Combine(own.Path, "kernels", ".net-csharp")));
    }
}
