namespace RadLab.Models;

/// <summary>The form of Llama 3 Instruct, for 3.1 and 3.2 too.</summary>
internal sealed class Llama3Chat : ChatTemplate
{
    private protected override string Name => "ChatTemplate.Llama3";

    private protected override void Write(ChatWriter writer, IReadOnlyList<ChatMessage> messages)
    {
        writer.Special("<|begin_of_text|>");
        foreach (var message in messages)
        {
            bool isAnswer = message.Role == ChatRole.Assistant;
            Header(writer, message.Role);
            writer.Text(message.Content.Trim(), isAnswer);
            writer.Special("<|eot_id|>", isAnswer);
        }
        if (messages[^1].Role != ChatRole.Assistant) Header(writer, ChatRole.Assistant);
    }

    private static void Header(ChatWriter writer, ChatRole role)
    {
        writer.Special("<|start_header_id|>");
        writer.Text(role switch { ChatRole.System => "system", ChatRole.User => "user", _ => "assistant" });
        writer.Special("<|end_header_id|>");
        writer.Text("\n\n");
    }
}
