using RadLab.Compute;
using RadLab.Notebooks;

namespace RadLab.Tests;

public sealed class MagicsTests : CellTests
{
    private string Shown() => string.Join("|", Output.ToJson(1, null).Select(o => o!["data"] is { } d ? $"{d.AsObject().First().Key}: {string.Concat(d.AsObject().First().Value!.AsArray().Select(l => (string)l!))}" : string.Concat(o["text"]!.AsArray().Select(l => (string)l!))));

    [Fact]
    public async Task A_cell_may_change_its_language_and_go_back()
    {
        Assert.Equal(3, await ValueOf("int a = 1;\n#!markdown\n# Title\n#!unknown stays text\n#!html\n<b>x</b>\n#!c#\na + 2"));
        Assert.Equal("text/markdown: # Title\n#!unknown stays text|text/html: <b>x</b>", Shown());
    }

    [Fact]
    public async Task Line_numbers_are_those_of_the_cell_behind_every_magic()
    {
        Assert.Equal("cell 1, line 4", (await ErrorOf("#!markdown\ntext\n#!csharp\nthrow new Exception(\"x\");")).Place);
        Assert.Equal("cell 2, line 3", (await ErrorOf("#!time\n\nint y = nothing;")).Place);
    }

    [Fact]
    public async Task A_magic_inside_a_string_is_text() =>
        Assert.Equal("1\n#!markdown\n2", await ValueOf("var s = \"\"\"\n1\n#!markdown\n2\n\"\"\";\ns"));

    [Fact]
    public async Task Time_is_told()
    {
        Assert.Equal(1, await ValueOf("#!time\n1"));
        Assert.Matches(@"^Wall time: \d+\.\d ms\n$", Shown());
    }

    [Fact]
    public async Task Values_are_set_and_shared()
    {
        Assert.Equal("5", await ValueOf("#!set --name text --value 5", "text"));
        Assert.Equal(7, await ValueOf("#!set --name n --value @csharp:Math.Max(3, 7)", "n"));
        Assert.Equal(8, await ValueOf("#!share --from csharp n --as m\n", "int k = m + 1;\nk"));
        Assert.Equal(2, await ValueOf("#!set --name list --value @csharp:new List<double[]>{new[]{1.5}}", "list[0].Length + 1"));
        Assert.Equal("anonymous", await ValueOf("#!set --name o --value @csharp:new{A=1}", "o.GetType().Name.Contains(\"Anonymous\") ? \"anonymous\" : \"\""));
    }

    [Fact]
    public async Task Variables_are_listed()
    {
        await ValueOf("int b = 2;\nvar a = \"x\";", "#!whos");
        Assert.Contains("<td>a</td><td>string</td><td>x</td>", Shown(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sources_are_loaded_and_notebooks_and_sources_imported()
    {
        Folder.Write("code.csx", "int Twice(int x) => 2 * x;");
        Folder.Write("lib/more.cs", "#!import deeper.cs\nint four = Twice(deep);");
        Folder.Write("lib/deeper.cs", "int deep = 2;");
        Folder.Write("other.ipynb", NotebookFiles.Code("var fromNotebook = 6;", "\"shown\"", "throw new Exception(\"third\");"));
        Assert.Equal(8, await ValueOf("#load \"code.csx\"\n#nullable disable\nint unused;", "#!import lib/more.cs", "four * 2"));
        var error = await ErrorOf("// first\n#!import other.ipynb");
        Assert.Equal("cell 4, line 2", error.Place);
        Assert.Equal("in other.ipynb, cell 3: third", error.Message);
        Assert.Equal("text/plain: shown", Shown());
        Assert.Equal(6, await ValueOf("fromNotebook"));
    }

    [Fact]
    public async Task A_file_that_imports_itself_is_refused()
    {
        Folder.Write("a.cs", "#!import b.cs");
        Folder.Write("b.cs", "#!import a.cs");
        Assert.Contains("#!import a.cs: the file imports itself", (await ErrorOf("#!import a.cs")).Message, StringComparison.Ordinal);
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task A_package_of_the_cache_is_restored_and_named()
    {
        LongTests.SkipUnlessAsked();
        // the version these tests are built with, so it is in the cache already
        Assert.Equal("FsCheck", await ValueOf("#r \"nuget: FsCheck, 3.6.0\"\ntypeof(FsCheck.Gen<int>).Assembly.GetName().Name"));
        Assert.Contains("<td>FsCheck</td><td>3.6.0</td>", Shown(), StringComparison.Ordinal);
        Assert.Equal(1, await ValueOf("#r \"nuget: FsCheck, 3.6.0\"\n1"));
        Assert.Equal("cell 3, line 1: #r \"nuget: FsCheck, 3.5.0\": version 3.6.0 is loaded already; restart the kernel to change it", (await ErrorOf("#r \"nuget: FsCheck, 3.5.0\"")).Traceback[0]);
    }

    [SkippableFact, Trait(LongTests.Category, LongTests.Long)]
    public async Task A_package_that_is_nowhere_is_named_and_spoils_nothing()
    {
        LongTests.SkipUnlessAsked();
        Folder.Write("nuget.config", "<configuration><packageSources><clear/></packageSources></configuration>");
        var error = await ErrorOf("#r \"nuget: RadLab.NoSuchPackage, 1.2.3\"");
        Assert.StartsWith("the packages could not be restored: NU1", error.Message, StringComparison.Ordinal);
        Assert.Contains("RadLab.NoSuchPackage", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, await ValueOf("1 + 1"));
    }

    [Fact]
    public async Task Running_a_cell_again_gives_the_native_memory_back()
    {
        await ValueOf("var engine = new Engine(new EngineOptions { Threads = 1 });");
        const string cell = "var big = engine.Empty([1024, 1024], DType.F32);\nvar same = big;";
        await ValueOf(cell);
        long once = (long)(await ValueOf("engine.Memory.LiveBytes"))!;
        for (int i = 0; i < 4; i++) await ValueOf(cell);
        Assert.Equal(4 << 20, once);
        Assert.Equal(once, await ValueOf("engine.Memory.LiveBytes"));
        Assert.Equal(0L, await ValueOf("var big = 1;", "var same = 1;", "engine.Memory.LiveBytes"));
        Assert.Equal(1, Session.Engines.Count);
    }

    [Fact]
    public async Task A_tensor_that_another_name_still_holds_stays()
    {
        await ValueOf("var engine = new Engine(new EngineOptions { Threads = 1 });\nvar t = engine.From([1f, 2f], [2]);", "var u = t;", "var t = 5;");
        Assert.Equal(2f, await ValueOf("u.ToFloats()[1]"));
    }

    [Fact]
    public async Task Interrupting_stops_engines_and_the_token_of_the_cell()
    {
        var run = Task.Run(() => Session.RunAsync("var e = new Engine(new EngineOptions { Threads = 1 });\nvar t = e.From(new float[64], [64]);\nwhile (true) t.Clear();", Output));
        while (Session.Engines.Count == 0) await Task.Delay(5);
        Session.Interrupt();
        Assert.Equal("OperationCanceledException", (await run).Error!.Name);
        Assert.True((bool)(await ValueOf("t.Clear();\nInterrupted.CanBeCanceled && !Interrupted.IsCancellationRequested"))!);
        var waiting = Task.Run(() => Session.RunAsync("Console.Write(\"waiting\");\nawait Task.Delay(-1, Interrupted);", Output));
        while (Output.ToJson(1, null).Count == 0) await Task.Delay(5);
        Session.Interrupt();
        Assert.Equal("TaskCanceledException", (await waiting).Error!.Name);
    }

    [Fact]
    public async Task Nobody_answers_in_a_headless_run() =>
        Assert.Equal("input: nobody can answer here; give the value as a parameter of the notebook.", (await ErrorOf("input(\"name?\")")).Message);
}
