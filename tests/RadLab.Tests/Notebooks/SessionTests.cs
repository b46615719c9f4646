using RadLab.Notebooks;

namespace RadLab.Tests;

public sealed class SessionTests : IDisposable
{
    private readonly Session _session = new(AppContext.BaseDirectory);
    private readonly CellOutputs _output = new();

    public void Dispose() => _session.Dispose();

    private async Task<object?> ValueOf(params string[] cells)
    {
        CellResult? last = null;
        foreach (string cell in cells)
        {
            last = await _session.RunAsync(cell, _output);
            Assert.True(last.Succeeded, last.Error?.ToString());
        }
        return last!.Value;
    }

    private async Task<CellError> ErrorOf(string cell)
    {
        var result = await _session.RunAsync(cell, _output);
        Assert.False(result.Succeeded);
        return result.Error!;
    }

    [Fact]
    public void Cells_import_the_namespaces_that_the_libraries_have()
    {
        var exported = Session.Libraries().SelectMany(a => a.GetExportedTypes()).Select(t => t.Namespace).Where(n => n!.StartsWith("RadLab.", StringComparison.Ordinal)).Distinct();
        Assert.Equal(exported.Order(StringComparer.Ordinal), Session.Namespaces.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Later_cells_see_variables_types_and_functions_of_earlier_ones()
    {
        Assert.Equal(14, await ValueOf("int a = 3;\nrecord P(int X);", "int Twice(P p) => 2 * p.X;", "a = 7;", "Twice(new P(a))"));
    }

    [Fact]
    public async Task Only_a_last_expression_without_semicolon_is_a_result()
    {
        Assert.False((await _session.RunAsync("Math.Abs(1);\nvar b = 5;", _output)).HasValue);
        Assert.False((await _session.RunAsync("Console.Write(\"\")", _output)).HasValue);
        var nothing = await _session.RunAsync("(string)null", _output);
        Assert.True(nothing.HasValue);
        Assert.Null(nothing.Value);
        Assert.Equal(10, await ValueOf("var c = 5;\nb + c"));
    }

    [Fact]
    public async Task Await_works_at_the_top_level_and_printed_text_arrives_in_order()
    {
        await ValueOf("Console.Write(\"a\");\nawait Task.Delay(5);\nawait Task.Run(() => Console.WriteLine(\"b\"));");
        Assert.Equal("""[{"output_type":"stream","name":"stdout","text":["ab\n"]}]""", _output.ToJson(1, null).ToJsonString());
    }

    [Fact]
    public async Task An_exception_names_cell_and_line_of_the_running_cell_and_no_folder()
    {
        await ValueOf("var first = 1;", "void Fail(int x)\n{\n    throw new InvalidOperationException($\"x is {x}\");\n}");
        var error = await ErrorOf("// a comment\n\nFail(first);");
        Assert.Equal("cell 3, line 3", error.Place);
        Assert.Equal("InvalidOperationException", error.Name);
        Assert.Equal("x is 1", error.Message);
        Assert.Contains("   at Fail(Int32 x), cell 2, line 3", error.Traceback);
        Assert.DoesNotContain(error.Traceback, line => line.Contains(AppContext.BaseDirectory, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Inner_exceptions_are_told_too()
    {
        var error = await ErrorOf("throw new Exception(\"outer\", new ArgumentException(\"inner\"));");
        Assert.Contains("caused by System.ArgumentException: inner", error.Traceback);
    }

    [Fact]
    public async Task A_compile_error_names_line_and_column_and_leaves_the_state_whole()
    {
        await ValueOf("var kept = 4;");
        var error = await ErrorOf("var other = 1;\nint x = undefined;");
        Assert.Equal("cell 2, line 2", error.Place);
        Assert.Equal("CompilationError", error.Name);
        Assert.StartsWith("cell 2, line 2, column 9: CS0103:", Assert.Single(error.Traceback), StringComparison.Ordinal);
        Assert.Equal(4, await ValueOf("kept"));
    }

    [Fact]
    public async Task Values_assigned_before_an_exception_are_kept()
    {
        await ValueOf("int n = 0;");
        await ErrorOf("n = 9;\nthrow new Exception();");
        Assert.Equal(9, await ValueOf("n"));
    }

    [Fact]
    public async Task Code_is_optimised()
    {
        Assert.Equal(false, await ValueOf("System.Reflection.Assembly.GetExecutingAssembly().GetCustomAttributes(false).OfType<System.Diagnostics.DebuggableAttribute>().Any(a => a.IsJITOptimizerDisabled)"));
    }

    private const string Tracked = "public sealed class Tracked : IDisposable { public static string Log = \"\"; public string Name; public void Dispose() => Log += Name; }";

    [Fact]
    public async Task Declaring_a_name_again_disposes_its_old_value_once()
    {
        await ValueOf(Tracked, "var a = new Tracked { Name = \"1\" };", "var a = new Tracked { Name = \"2\" };");
        Assert.Equal("1", await ValueOf("Tracked.Log"));
        Assert.Equal("12", await ValueOf("var a = 5;", "Tracked.Log"));
        Assert.Equal("12", await ValueOf("var a = 6;", "Tracked.Log"));
    }

    [Fact]
    public async Task A_value_that_another_name_or_the_new_one_holds_is_not_disposed()
    {
        await ValueOf(Tracked, "var a = new Tracked { Name = \"1\" };", "var b = a;", "var a = new Tracked { Name = \"2\" };");
        Assert.Equal("", await ValueOf("Tracked.Log"));
        await ValueOf("Tracked Same() => b;", "var b = Same();");
        Assert.Equal("", await ValueOf("Tracked.Log"));
        Assert.Equal("1", await ValueOf("var b = 0;", "Tracked.Log"));
    }

    [Fact]
    public async Task A_cell_that_fails_while_declaring_a_name_again_still_disposes_the_old_value()
    {
        await ValueOf(Tracked, "var a = new Tracked { Name = \"1\" };");
        await ErrorOf("var a = new Tracked { Name = null! }.Name.Length;");
        Assert.Equal("1", await ValueOf("Tracked.Log"));
    }

    [Fact]
    public async Task An_old_value_that_fails_to_dispose_is_an_error_of_the_cell()
    {
        await ValueOf("class Bad : IDisposable { public void Dispose() => throw new Exception(\"still in use\"); }", "var bad = new Bad();");
        Assert.Equal("still in use", (await ErrorOf("var bad = 1;")).Message);
    }

    [Fact]
    public async Task A_running_task_may_be_declared_again()
    {
        Assert.Equal(1, await ValueOf("var t = new TaskCompletionSource().Task;", "var t = 1;", "t"));
    }

    [Fact]
    public async Task Ending_the_session_disposes_what_is_left()
    {
        var session = new Session(AppContext.BaseDirectory);
        var stream = new MemoryStream();
        SessionProbe.Value = stream;
        Assert.True((await session.RunAsync("#r \"RadLab.Tests.dll\"\nvar s = RadLab.Tests.SessionProbe.Value;", _output)).Succeeded);
        Assert.True(stream.CanRead);
        session.Dispose();
        Assert.False(stream.CanRead);
    }

    [Fact]
    public async Task Cells_know_that_RadLab_is_the_host_and_libraries_are_there()
    {
        Assert.Equal("yes", await ValueOf("#if !RADLAB\n#r \"not-there.dll\"\n#endif\n#if RADLAB\nvar host = \"yes\";\n#endif\nhost"));
        Assert.Equal("RadLab.Notebooks", await ValueOf("typeof(Notebook).Assembly.GetName().Name"));
    }

    [Theory]
    [InlineData("#!csharp\n1", null, null)]
    [InlineData("1", "csharp", null)]
    [InlineData("\n#!kql\nselect 1", null, "cell 1, line 2: the magic command #!kql is not supported (use #!sql)")]
    [InlineData("ls", "pwsh", "cell 1, line 1: the cell's language is pwsh; RadLab runs csharp, fsharp, sql, markdown, html, javascript, mermaid, so move it")]
    [InlineData("// first\n#r \"nuget: a b\"", null, "cell 1, line 2: #r \"nuget:a b\": write #r \"nuget: Name, Version\"")]
    [InlineData("#i \"https://x\"", null, "cell 1, line 1: #i names a package source")]
    [InlineData("1;\n#!nosuch\n2", null, "cell 1, line 2: the magic command #!nosuch is not supported; RadLab knows #!csharp, #!fsharp, #!html, #!import, #!javascript, #!markdown, #!mermaid, #!set, #!share, #!sql, #!time, #!who, #!whos")]
    [InlineData("#!import nothing.ipynb", null, "cell 1, line 1: #!import nothing.ipynb: there is no such file beside the notebook")]
    [InlineData("#!set --name x", null, "cell 1, line 1: #!set needs --name NAME --value VALUE")]
    [InlineData("#!set --name 1x --value 2", null, "cell 1, line 1: #!set: '1x' is not a name that C# allows")]
    [InlineData("#!share --from python x", null, "cell 1, line 1: #!share: values come from csharp, fsharp, sql or input, 'python' is not known here")]
    [InlineData("#r \"nowhere.dll\"", null, "cell 1, line 1, column 1: CS0006")]
    public async Task Magic_commands_work_or_say_clearly_that_they_do_not(string source, string? language, string? problem)
    {
        var result = await _session.RunAsync(source, _output, language);
        if (problem is null) Assert.Equal(1, result.Value);
        else Assert.StartsWith(problem, result.Error!.Traceback[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Imports_hold_only_namespaces_that_exist()
    {
        var namespaces = Session.Libraries().SelectMany(a => a.GetExportedTypes()).Select(t => t.Namespace!).Distinct();
        Assert.Contains("RadLab.Notebooks", namespaces);
        foreach (string name in namespaces) await ValueOf($"using {name};");
    }
}

/// <summary>Lets a cell reach a value of the test.</summary>
public static class SessionProbe
{
    public static MemoryStream? Value { get; set; }
}
